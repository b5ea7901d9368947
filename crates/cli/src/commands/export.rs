//! `export`: from a filter to a file.

use std::sync::Arc;

use session_export::FileJournal;

use super::Context;
use super::download::{Output, Target};
use super::obtain::Obtain;
use super::resume::Note;
use super::wait::policy;
use crate::args::ExportArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::settings::Key;

pub(super) async fn run(context: &Context<'_>, args: ExportArgs) -> Result<(), Failure> {
    // Whatever is wrong on this machine is said before a task exists.
    let filter = args.filter.build(&context.settings)?;
    let output = Output::of(&context.settings, args.output.force);
    let delete = context.settings.is_on(Key::Delete);
    let note = match &args.journal {
        Some(_) => Some(Note::new(&output, delete)?),
        None => None,
    };
    let target = Target::new(output, context.json)?;
    target.check_writable()?;
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    let journal = match args.journal.zip(note) {
        Some((path, note)) => Some(Arc::new(FileJournal::create(path, &note.document())?)),
        None => None,
    };
    context.say_window(filter.window());
    let obtain = Obtain {
        context,
        connection: &connection,
        journal,
        reconciles: !args.reconcile.no_reconcile,
        policy: policy(context.settings.time(Key::WaitTimeout)),
    };
    let obtained = obtain.submit(filter).await?;
    obtain.finish(obtained, &target, delete, false).await
}
