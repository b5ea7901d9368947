//! From four layers to one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use session_export::Environment;

use super::{Key, Origin, Setting, Settings, Value};
use crate::configuration::Chosen;
use crate::environment::variable;
use crate::failure::Failure;

/// The variables that name a service's endpoint in a region, by the name of the service in the official SDKs.
const ENDPOINT_VARIABLES: [(Key, &str); 3] = [
    (Key::Endpoint, "WORKSPACEAPP"),
    (Key::ExportEndpoint, "WORKSPACE"),
    (Key::IamEndpoint, "IAM"),
];

/// What a profile says for its own region, and for no other.
const OF_REGION: [Key; 4] = [
    Key::ProjectId,
    Key::ProjectName,
    Key::Endpoint,
    Key::ExportEndpoint,
];

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    given: BTreeMap<Key, Value>,
    /// The first flag whose value is not valid.
    refused: Option<Failure>,
    pub(crate) emulator: bool,
    pub(crate) allow_http: bool,
}

impl Flags {
    pub(crate) fn text(&mut self, key: Key, text: Option<&str>) {
        let Some(text) = text else { return };
        match key.row().kind.read(text) {
            Ok(value) => {
                self.given.insert(key, value);
            }
            Err(problem) => {
                let message = format!("{}: {problem}", key.row().flag);
                self.refused.get_or_insert_with(|| Failure::usage(message));
            }
        }
    }

    pub(crate) fn path(&mut self, key: Key, path: Option<&PathBuf>) {
        self.value(key, path.cloned().map(Value::Path));
    }

    pub(crate) fn switch(&mut self, key: Key, on: Option<bool>) {
        self.value(key, on.map(Value::Bool));
    }

    pub(crate) fn time(&mut self, key: Key, time: Option<Duration>) {
        self.value(key, time.map(Value::Time));
    }

    pub(crate) fn number(&mut self, key: Key, number: Option<u64>) {
        self.value(key, number.map(Value::Number));
    }

    /// Without what is not valid about them.
    pub(crate) fn without_refused(mut self) -> Self {
        self.refused = None;
        self
    }

    fn value(&mut self, key: Key, value: Option<Value>) {
        self.given.extend(value.map(|value| (key, value)));
    }
}

/// The layers, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Flags,
    Variables,
    OtherTools,
    Profile,
    Defaults,
}

const LAYERS: [Layer; 5] = [
    Layer::Flags,
    Layer::Variables,
    Layer::OtherTools,
    Layer::Profile,
    Layer::Defaults,
];

type Layers = BTreeMap<(Key, Layer), Setting>;

impl Settings {
    /// Lays the four over each other, and takes out what does not belong together.
    pub(crate) fn of(
        flags: Flags,
        environment: Environment,
        profile: Option<Chosen>,
    ) -> Result<Self, Failure> {
        if let Some(refused) = flags.refused {
            return Err(refused);
        }
        let mut layers = Layers::new();
        let mut notes = Vec::new();
        for (key, value) in flags.given {
            let origin = Origin::Flag(key.row().flag);
            layers.insert((key, Layer::Flags), Setting { value, origin });
        }
        for key in Key::all() {
            if let Some(setting) = own_variable(&environment, key)? {
                layers.insert((key, Layer::Variables), setting);
            }
        }
        if let Some(Chosen { name, settings, .. }) = profile {
            for (key, (value, line)) in settings {
                let name = name.clone();
                let origin = Origin::Profile { name, line };
                layers.insert((key, Layer::Profile), Setting { value, origin });
            }
        }
        for key in Key::all() {
            if let Some(Ok(value)) = key.row().default.map(|text| key.row().kind.read(text)) {
                let origin = Origin::Default;
                layers.insert((key, Layer::Defaults), Setting { value, origin });
            }
        }
        other_tools(&environment, &mut layers)?;
        of_another_region(&mut layers, &mut notes);
        endpoint_variables(&environment, &mut layers);
        one_layer(&mut layers, [Key::ProjectId, Key::ProjectName]);
        one_layer(&mut layers, [Key::ClientCert, Key::ClientKeyFile]);
        fitting_credentials(&mut layers, &mut notes)?;
        let all: BTreeMap<_, _> = Key::all()
            .filter_map(|key| Some((key, layers.remove(&(key, strongest(&layers, key)?))?)))
            .collect();
        if let (Some(alone), None, other) | (None, Some(alone), other) = (
            all.get(&Key::ClientCert),
            all.get(&Key::ClientKeyFile),
            "client_cert and client_key belong together: give both or neither",
        ) {
            return Err(Failure::usage(format!("{}: {other}", alone.origin)));
        }
        Ok(Self {
            all,
            notes,
            environment,
            emulator: flags.emulator,
            allow_http: flags.allow_http,
        })
    }
}

fn strongest(layers: &Layers, key: Key) -> Option<Layer> {
    LAYERS
        .into_iter()
        .find(|layer| layers.contains_key(&(key, *layer)))
}

fn own_variable(environment: &Environment, key: Key) -> Result<Option<Setting>, Failure> {
    let name = key.variable();
    let Some(text) = variable(environment, &[&name])? else {
        return Ok(None);
    };
    match key.row().kind.read(text.trim()) {
        Ok(value) => Ok(Some(Setting {
            value,
            origin: Origin::Variable(name),
        })),
        Err(problem) => Err(Failure::usage(format!("{name}: {problem}"))),
    }
}

/// The variables of other tools. They are judged where they are used; here it counts that they are set.
fn other_tools(environment: &Environment, layers: &mut Layers) -> Result<(), Failure> {
    let region_given = strongest(layers, Key::Region).filter(|layer| *layer < Layer::OtherTools);
    let region = region_given.and_then(|layer| layers.get(&(Key::Region, layer)));
    let region = region.map(|setting| setting.value.to_string());
    for key in Key::all() {
        for name in key.row().others {
            // A variable that is not used needs no mending.
            if strongest(layers, key).is_some_and(|layer| layer < Layer::OtherTools) {
                continue;
            }
            let Ok(Some(text)) = environment.get(name) else {
                continue;
            };
            // The project of another region than the one that is asked for.
            if key == Key::ProjectName && region.as_deref().is_some_and(|id| !is_of_region(text, id)) {
                continue;
            }
            let value = match key {
                Key::Proxy => Value::Proxy(text.to_owned()),
                Key::CredentialsFile => Value::Path(text.into()),
                _ => Value::Text(text.trim().to_owned()),
            };
            // Who names a file in a profile wants a file: then the variable says which one. Else it is the library's.
            let origin = match key {
                Key::CredentialsFile if layers.contains_key(&(key, Layer::Profile)) => {
                    Origin::Variable((*name).to_owned())
                }
                _ => Origin::OtherTool((*name).to_owned()),
            };
            layers
                .entry((key, Layer::OtherTools))
                .or_insert(Setting { value, origin });
        }
    }
    Ok(())
}

/// Whether a project's name is that of a region, or of a sub-project of it.
pub(crate) fn is_of_region(project: &str, region: &str) -> bool {
    project
        .trim()
        .strip_prefix(region)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// Endpoints and projects of a profile belong to the profile's region.
fn of_another_region(layers: &mut Layers, notes: &mut Vec<String>) {
    let Some(own) = layers.get(&(Key::Region, Layer::Profile)).cloned() else {
        return;
    };
    let Some(other) = strongest(layers, Key::Region)
        .and_then(|layer| layers.get(&(Key::Region, layer)))
        .filter(|other| other.value.to_string() != own.value.to_string())
        .cloned()
    else {
        return;
    };
    let aside: Vec<_> = OF_REGION
        .into_iter()
        .filter(|key| layers.remove(&(*key, Layer::Profile)).is_some())
        .map(Key::name)
        .collect();
    if !aside.is_empty() {
        notes.push(format!(
            "{} of the profile stand aside: they are for its region {}, and {} says {}",
            aside.join(", "),
            own.value,
            other.origin,
            other.value
        ));
    }
}

/// `HUAWEICLOUD_SDK_REGION_<SERVICE>_<REGION>` stands above a profile. Its value is the library's to read.
fn endpoint_variables(environment: &Environment, layers: &mut Layers) {
    let Some(region) = strongest(layers, Key::Region).and_then(|layer| layers.get(&(Key::Region, layer)))
    else {
        return;
    };
    let region = region.value.to_string().to_uppercase().replace('-', "_");
    for (key, service) in ENDPOINT_VARIABLES {
        let name = format!("HUAWEICLOUD_SDK_REGION_{service}_{region}");
        if let Ok(Some(text)) = environment.get(&name) {
            let value = Value::Text(text.trim().to_owned());
            let origin = Origin::OtherTool(name);
            layers.insert((key, Layer::OtherTools), Setting { value, origin });
        }
    }
}

/// Two settings that come from one layer, or not at all.
fn one_layer(layers: &mut Layers, pair: [Key; 2]) {
    if let Some(first) = pair.into_iter().filter_map(|key| strongest(layers, key)).min() {
        layers.retain(|(key, layer), _| !pair.contains(key) || *layer == first);
    }
}

/// A file or a profile belongs to a place that has one. What is said above says what is meant; on one layer the two
/// contradict each other.
fn fitting_credentials(layers: &mut Layers, notes: &mut Vec<String>) -> Result<(), Failure> {
    for detail in [Key::CredentialsFile, Key::CredentialsProfile] {
        let (Some(of_place), Some(of_detail)) =
            (strongest(layers, Key::Credentials), strongest(layers, detail))
        else {
            continue;
        };
        let place = &layers[&(Key::Credentials, of_place)];
        let given = &layers[&(detail, of_detail)];
        let name = place.value.to_string();
        let fits = match name.as_str() {
            "file" => true,
            "koocli" => detail == Key::CredentialsProfile,
            _ => false,
        };
        if fits || matches!(given.origin, Origin::OtherTool(_)) {
            continue;
        }
        if of_place == of_detail {
            return Err(Failure::usage(format!(
                "{} chooses nothing in {} {name}",
                named(detail, given),
                named(Key::Credentials, place)
            )));
        }
        let (weaker, strong, weak) = if of_place < of_detail {
            (detail, place, given)
        } else {
            (Key::Credentials, given, place)
        };
        notes.push(format!(
            "{weaker} ({}) stands aside: it does not go with what {} says",
            weak.origin, strong.origin
        ));
        let upper = of_place.min(of_detail);
        layers.retain(|(key, layer), _| *key != weaker || *layer <= upper);
    }
    Ok(())
}

/// A setting as the user wrote it.
fn named(key: Key, setting: &Setting) -> String {
    match &setting.origin {
        Origin::Profile { .. } => format!("{key} ({})", setting.origin),
        origin => origin.to_string(),
    }
}
