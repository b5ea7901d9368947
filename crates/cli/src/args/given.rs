//! What the command line says, as one of the layers of the settings.

use clap::ValueEnum;

use super::{Cli, Command, ConfigCommand, ConnectionArgs, OutputArgs};
use crate::settings::{Flags, Key};

impl Cli {
    /// The flags that set something.
    pub(crate) fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        flags.switch(Key::Json, self.json);
        flags.time(Key::Timeout, self.timeout);
        match &self.command {
            Command::Export(args) => {
                args.filter.sessions.give(&mut flags);
                output(&mut flags, &args.output);
                flags.time(Key::WaitTimeout, args.wait.wait_timeout);
                flags.switch(Key::Delete, args.delete);
                connection(&mut flags, &args.connection);
            }
            Command::Resume(args) => {
                flags.time(Key::WaitTimeout, args.wait.wait_timeout);
                connection(&mut flags, &args.connection);
            }
            Command::Submit(args) => {
                args.filter.sessions.give(&mut flags);
                connection(&mut flags, &args.connection);
            }
            Command::Sessions(args) => {
                args.filter.give(&mut flags);
                connection(&mut flags, &args.connection);
            }
            Command::Summary(args) => {
                args.filter.give(&mut flags);
                connection(&mut flags, &args.connection);
            }
            Command::Wait(args) => {
                flags.time(Key::WaitTimeout, args.wait.wait_timeout);
                connection(&mut flags, &args.connection);
            }
            Command::Download(args) => {
                output(&mut flags, &args.output);
                connection(&mut flags, &args.connection);
            }
            Command::Tasks(args) => {
                flags.switch(Key::Utc, args.utc);
                connection(&mut flags, &args.connection);
            }
            Command::Delete(args) => connection(&mut flags, &args.connection),
            Command::Token(args) => {
                flags.switch(Key::Utc, args.utc);
                connection(&mut flags, &args.connection);
            }
            Command::Doctor(args) => connection(&mut flags, &args.connection),
            Command::Config(ConfigCommand::Show(args)) => connection(&mut flags, &args.connection),
            Command::Convert(_)
            | Command::Config(_)
            | Command::Emulator(_)
            | Command::Completions(_)
            | Command::Man(_) => {}
        }
        flags
    }
}

fn output(flags: &mut Flags, args: &OutputArgs) {
    flags.path(Key::OutputDir, args.output.as_ref());
    flags.number(Key::MaxBytes, args.max_bytes);
}

fn connection(flags: &mut Flags, args: &ConnectionArgs) {
    flags.emulator = args.emulator;
    flags.allow_http = args.allow_http;
    for (key, text) in [
        (Key::Region, &args.region),
        (Key::ProjectId, &args.project_id),
        (Key::ProjectName, &args.project_name),
        (Key::Endpoint, &args.endpoint),
        (Key::ExportEndpoint, &args.export_endpoint),
        (Key::IamEndpoint, &args.iam_endpoint),
        (Key::CredentialsProfile, &args.credential.credentials_profile),
        (Key::Proxy, &args.transport.proxy),
    ] {
        flags.text(key, text.as_deref());
    }
    flags.text(Key::Credentials, word(args.credential.credentials).as_deref());
    flags.text(Key::Transport, word(args.transport.transport).as_deref());
    for (key, path) in [
        (Key::CredentialsFile, &args.credential.credentials_file),
        (Key::CaFile, &args.transport.ca_file),
        (Key::ClientCert, &args.transport.client_cert),
        (Key::ClientKeyFile, &args.transport.client_key),
    ] {
        flags.path(key, path.as_ref());
    }
    flags.switch(Key::ExchangeToken, args.credential.exchange_token);
}

/// A choice by its name.
fn word(choice: Option<impl ValueEnum>) -> Option<String> {
    let value = choice?.to_possible_value()?;
    Some(value.get_name().to_owned())
}
