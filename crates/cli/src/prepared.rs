//! What is settled before a command begins: the configuration, and what counts of it.

use session_export::Environment;

use crate::args::{Cli, Command, ConfigCommand};
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::settings::Settings;

/// The configuration and the settings, or as much of them as can be had.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) configuration: Configuration,
    pub(crate) settings: Settings,
    /// Why the configuration is not usable. The settings are then those of flags alone.
    pub(crate) broken: Option<Failure>,
}

impl Prepared {
    /// Reads the configuration file and the variables, for a command that uses them.
    pub(crate) fn of(cli: &Cli, environment: Environment) -> Result<Self, Failure> {
        let reads_the_file = !matches!(
            cli.command,
            // The one is for tests, which have no settings of their own; the others say where the file is, or make it.
            Command::Emulator(_) | Command::Config(ConfigCommand::Path | ConfigCommand::Init(_))
        );
        if !reads_the_file {
            return Self::of_flags(cli, environment, None);
        }
        let settled =
            Configuration::find(&environment, cli.profile.as_deref()).and_then(|mut configuration| {
                let chosen = configuration.take_settings();
                let settings = Settings::of(cli.flags(), environment.clone(), chosen)?;
                Ok((configuration, settings))
            });
        match settled {
            Ok((configuration, settings)) => Ok(Self {
                configuration,
                settings,
                broken: None,
            }),
            Err(failure) => Self::of_flags(cli, environment, Some(failure)),
        }
    }

    /// Without anything but flags.
    fn of_flags(cli: &Cli, environment: Environment, broken: Option<Failure>) -> Result<Self, Failure> {
        let mut settings =
            Settings::of(cli.flags(), Environment::default(), None).or_else(|failure| match broken {
                // A flag is what is broken.
                Some(_) => Settings::of(cli.flags().without_refused(), Environment::default(), None),
                None => Err(failure),
            })?;
        settings.environment = environment;
        Ok(Self {
            configuration: Configuration::none(),
            settings,
            broken,
        })
    }
}
