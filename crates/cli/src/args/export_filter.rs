//! What to export, and which rows of it.

use std::collections::BTreeMap;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use session_export::{
    AppConnections, ConnectionFilter, ConnectionFilterBuilder, ConnectionList, ExportFilter, ExportKind,
    SessionOperation, UserConnections,
};

use super::FilterArgs;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::time_flags::Window;

/// The flags of whatever list is exported. Which of them belong to the chosen one is judged when the filter is built.
#[derive(Args, Debug)]
pub(crate) struct ExportFilterArgs {
    /// The list to export; each has filters of its own
    #[arg(
        long,
        value_name = "LIST",
        default_value = "sessions",
        value_parser = list_parser(),
        help_heading = "Filter"
    )]
    what: ExportKind,
    #[command(flatten)]
    pub(crate) sessions: FilterArgs,
    #[command(flatten)]
    fields: FieldArgs,
}

impl ExportFilterArgs {
    pub(crate) fn build(self, settings: &Settings) -> Result<ExportFilter, Failure> {
        let Self {
            what,
            sessions,
            fields,
        } = self;
        let given = sessions.texts().chain(fields.texts()).chain(sessions.switches());
        let foreign = given.map(|(name, _)| name).find(|name| !takes(what, name));
        if let Some(name) = foreign {
            return Err(does_not_belong(what, name));
        }
        if what == ExportKind::Sessions {
            return Ok(sessions.build(settings, SessionOperation::Export)?.into());
        }
        let window = sessions.window(settings.zone(), settings, SessionOperation::Export)?;
        let texts = sessions.texts().chain(fields.texts());
        let texts = texts.map(|(name, text)| (name, text.to_owned())).collect();
        connections(what, texts, window)
    }
}

fn connections(
    what: ExportKind,
    texts: BTreeMap<&'static str, String>,
    window: Window,
) -> Result<ExportFilter, Failure> {
    match what {
        ExportKind::AppConnections => of_texts::<AppConnections>(texts, window),
        ExportKind::UserConnections => of_texts::<UserConnections>(texts, window),
        other => Err(Failure::usage(format!(
            "--what {} cannot be exported",
            flag_name(other.as_str())
        ))),
    }
}

/// The filter of a list of connections, of texts by the names of their fields.
fn of_texts<L: ConnectionList>(
    texts: BTreeMap<&'static str, String>,
    window: Window,
) -> Result<ExportFilter, Failure> {
    let texts = serde_json::to_value(texts).and_then(serde_json::from_value::<ConnectionFilterBuilder<L>>);
    let mut filter = texts.map_err(|error| Failure::usage(error.to_string()))?;
    if let Some(begin) = window.begin {
        filter = filter.begin(begin);
    }
    if let Some(end) = window.end {
        filter = filter.end(end);
    }
    let built: Result<ConnectionFilter<L>, _> = filter.build();
    built
        .map(Into::into)
        .map_err(|violations| Failure::invalid_filter(&violations))
}

/// The flags for the fields of all lists of connections that a filter of sessions does not have, too.
#[derive(Debug)]
struct FieldArgs(BTreeMap<&'static str, String>);

impl FieldArgs {
    fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, text)| (*name, text.as_str()))
    }
}

/// The fields that need a flag, once each.
fn fields() -> BTreeMap<&'static str, &'static str> {
    let fields = ExportKind::ALL.iter().flat_map(|kind| kind.fields());
    let fields = fields.filter(|field| !(field.is_begin() || field.is_end()));
    let known = flags_of_sessions();
    fields
        .filter(|field| !known.contains(&field.name().to_owned()))
        .map(|field| (field.name(), field.about()))
        .collect()
}

/// The names of the flags that filter sessions.
fn flags_of_sessions() -> Vec<String> {
    let command = FilterArgs::augment_args(Command::new("sessions"));
    let names = command.get_arguments().map(|arg| arg.get_id().to_string());
    names.filter(|name| !COMMON.contains(&name.as_str())).collect()
}

/// What every list takes.
const COMMON: [&str; 4] = ["last", "begin", "end", "utc"];

/// Whether rows of a list can be chosen by a field.
fn takes(what: ExportKind, name: &str) -> bool {
    match what {
        ExportKind::Sessions => flags_of_sessions().iter().any(|flag| flag == name),
        other => other.fields().iter().any(|field| field.name() == name),
    }
}

fn does_not_belong(what: ExportKind, name: &str) -> Failure {
    let lists = ExportKind::ALL.iter().filter(|kind| takes(**kind, name));
    let lists: Vec<_> = lists.map(|kind| flag_name(kind.as_str())).collect();
    let own: Vec<_> = match what {
        ExportKind::Sessions => flags_of_sessions(),
        other => {
            let fields = other.fields().iter();
            let fields = fields.filter(|field| !(field.is_begin() || field.is_end()));
            fields.map(|field| field.name().to_owned()).collect()
        }
    };
    let own: Vec<_> = own.iter().map(|name| format!("--{}", flag_name(name))).collect();
    Failure::usage(format!(
        "--{} does not filter {}, but {}; {} can be filtered by --last, --begin, --end, {}",
        flag_name(name),
        flag_name(what.as_str()),
        lists.join(" and "),
        flag_name(what.as_str()),
        own.join(", "),
    ))
}

fn flag_name(name: &str) -> String {
    name.replace('_', "-")
}

fn list_parser() -> impl TypedValueParser<Value = ExportKind> {
    let names = ExportKind::ALL.iter().map(|kind| flag_name(kind.as_str()));
    PossibleValuesParser::new(names).map(|name| {
        let mut kinds = ExportKind::ALL.iter();
        let chosen = kinds.find(|kind| flag_name(kind.as_str()) == name);
        chosen.copied().unwrap_or_default()
    })
}

impl FromArgMatches for FieldArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = fields().into_keys().filter_map(|name| {
            let text = matches.get_one::<String>(name)?;
            Some((name, text.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for FieldArgs {
    fn augment_args(command: Command) -> Command {
        fields().into_iter().fold(command, |command, (name, about)| {
            let lists = ExportKind::ALL.iter().filter(|kind| takes(**kind, name));
            let lists: Vec<_> = lists.map(|kind| flag_name(kind.as_str())).collect();
            command.arg(
                Arg::new(name)
                    .long(flag_name(name))
                    .value_name("TEXT")
                    .help(format!("Only connections {about} [{}]", lists.join(", ")))
                    .help_heading("Filter of connections"),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
