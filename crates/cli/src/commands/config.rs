//! `config show`, `config path` and `config init`.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Context;
use crate::args::{ConfigCommand, ConfigInitArgs, ConfigShowArgs};
use crate::configuration::{CONFIG, Place, is_name, template};
use crate::connection::{iam_of, project};
use crate::credentials;
use crate::failure::Failure;
use crate::settings::{Key, Origin, Setting};
use crate::shown::shown;

pub(super) async fn run(
    context: &Context<'_>,
    command: ConfigCommand,
    profile: Option<String>,
) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show(args) => show(context, &args).await,
        ConfigCommand::Path => path(context).await,
        ConfigCommand::Init(args) => init(context, &args, profile.as_deref().unwrap_or("default")).await,
    }
}

async fn path(context: &Context<'_>) -> Result<(), Failure> {
    let place = Place::find(&context.settings.environment)?;
    let path = file_of(&place)?;
    let document = json!({"path": path.to_string_lossy(), "exists": path.exists()});
    context.result(&document, shown(path)).await
}

fn file_of(place: &Place) -> Result<&Path, Failure> {
    place.path().ok_or_else(|| {
        Failure::configuration(match place {
            Place::Off => format!("{CONFIG} is off, so there is no configuration file"),
            _ => format!("there is no home directory; set {CONFIG} to the path of the configuration file"),
        })
    })
}

async fn init(context: &Context<'_>, args: &ConfigInitArgs, profile: &str) -> Result<(), Failure> {
    if !is_name(profile) {
        return Err(Failure::usage(format!(
            "--profile: {profile:?} cannot be a profile's name; it has 1 to 64 letters, digits, `-`, `_` and `.`"
        )));
    }
    let place = Place::find(&context.settings.environment)?;
    let path = file_of(&place)?;
    write(path, &template(profile), args.force)?;
    let document = json!({"path": path.to_string_lossy(), "profile": profile});
    context
        .result(
            &document,
            format!("{}: written, with the profile {profile}", shown(path)),
        )
        .await
}

/// The file appears whole or not at all, and only its owner can read it.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::io(&format!("write {}", shown(path)), error);
    // Settings are often links into a directory of their own: what the link leads to is replaced, not the link.
    let real;
    let path = match path.canonicalize() {
        Ok(target) if force => {
            real = target;
            &real
        }
        _ => path,
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| failed(&error))?;
    // A temporary file has mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".config-")
        .tempfile_in(directory)
        .map_err(|error| failed(&error))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| failed(&error))?;
    let outcome = match force {
        true => file.persist(path),
        false => file.persist_noclobber(path),
    };
    match outcome {
        Ok(_) => Ok(()),
        Err(refused) if !force && refused.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Failure::configuration(format!(
                "there is a configuration file {} already; change it, or replace it with --force",
                shown(path)
            )))
        }
        Err(refused) => Err(failed(&refused.error)),
    }
}

async fn show(context: &Context<'_>, args: &ConfigShowArgs) -> Result<(), Failure> {
    let configuration = &context.configuration;
    let mut lines = Vec::new();
    let mut notes = context.settings.notes.clone();
    let path = configuration.place.path();
    lines.push(match (path, configuration.exists) {
        (Some(path), true) => format!("file: {}", shown(path)),
        (Some(path), false) => format!("file: none; it would be {}", shown(path)),
        (None, _) => "file: none".to_owned(),
    });
    let chosen = configuration.chosen.as_ref();
    if configuration.exists {
        lines.push(match chosen {
            Some(chosen) if args.explain => format!("profile: {} ({})", chosen.name, chosen.by),
            Some(chosen) => format!("profile: {}", chosen.name),
            None => format!("profile: none of {}", configuration.profiles.join(", ")),
        });
    }
    let mut settings = Map::new();
    for (key, value, kind, origin) in effective(context, &mut notes).await {
        let value_shown = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        lines.push(match args.explain {
            true => format!("{key}: {value_shown} ({origin})"),
            false => format!("{key}: {value_shown}"),
        });
        settings.insert(
            key.name().to_owned(),
            json!({"value": value, "origin": kind, "from": origin}),
        );
    }
    if args.explain {
        lines.extend(notes.iter().map(|note| format!("note: {note}")));
    }
    let document = json!({
        "file": path.filter(|_| configuration.exists).map(Path::to_string_lossy),
        "profile": chosen.map(|chosen| &chosen.name),
        "profile_from": chosen.map(|chosen| chosen.by),
        "profiles": configuration.profiles,
        "settings": settings,
        "notes": notes,
    });
    context.result(&document, lines.join("\n")).await
}

type Effective = Vec<(Key, Value, &'static str, String)>;

/// What counts, with what a credential brings along. The machine's metadata is not asked, and nobody logs in.
async fn effective(context: &Context<'_>, notes: &mut Vec<String>) -> Effective {
    let settings = &context.settings;
    let found = match credentials::look(settings, None).await {
        Ok(found) => Some(found),
        Err(failure) => {
            notes.push(failure.message().to_owned());
            None
        }
    };
    let mut all = Effective::new();
    for key in Key::all() {
        let setting = settings.get(key);
        let of_credential = found.as_ref().and_then(|found| match key {
            Key::Region if settings.region().is_none() => Some(found.region()?.as_str().to_owned()),
            Key::ProjectId => Some(project(settings, found, None).0?.as_str().to_owned()),
            Key::ProjectName => project(settings, found, None).1,
            Key::IamEndpoint => Some(iam_of(settings, found)?.as_str().to_owned()),
            _ => None,
        });
        match (setting, of_credential) {
            // A variable of another tool may say so too, but the credential has its own rules for them.
            (Some(setting), Some(value)) if setting.value.to_string() != value => {
                all.push(by_credential(key, value, found.as_ref()));
            }
            (None, Some(value)) => all.push(by_credential(key, value, found.as_ref())),
            (Some(setting), _) => all.push((
                key,
                document_of(setting),
                setting.origin.kind(),
                setting.origin.to_string(),
            )),
            (None, None) => {}
        }
    }
    all
}

fn by_credential(
    key: Key,
    value: String,
    found: Option<&session_export::Found>,
) -> (Key, Value, &'static str, String) {
    let source = found.and_then(|found| found.source());
    let from = source.map_or_else(String::new, |source| format!("with the credential of {source}"));
    (key, value.into(), "credential", from)
}

fn document_of(setting: &Setting) -> Value {
    use crate::settings::Value as Of;
    match &setting.value {
        Of::Bool(on) => (*on).into(),
        Of::Number(number) => (*number).into(),
        // The library reads it only where it is used; until then it is not known to be harmless.
        Of::Text(text) if matches!(setting.origin, Origin::OtherTool(_)) && text.contains('@') => {
            "(set)".into()
        }
        value => value.to_string().into(),
    }
}
