//! The settings of one source, whatever they are called there.

use zeroize::Zeroizing;

use super::environment::Environment;
use super::error::Problem;

/// What a setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Token,
    KeyId,
    KeySecret,
    SecurityToken,
    UserName,
    UserId,
    Password,
    Passcode,
    DomainName,
    DomainId,
    ProjectId,
    ProjectName,
    Region,
    IamEndpoint,
    IdpId,
    IdToken,
    AgencyName,
    AgencyDomainName,
    AgencyDomainId,
    AgencyProject,
    AgencyDuration,
}

/// What a source calls its settings; of several names for one field the first that is set counts.
pub(super) type Vocabulary = &'static [(Field, &'static [&'static str])];

/// One setting: what it is called, for people, and its value.
pub(super) struct Setting {
    field: Field,
    /// `HW_ACCESS_KEY`, or `ak (line 3)`.
    pub(super) name: String,
    /// `None`: set to something that is no text.
    value: Option<Zeroizing<String>>,
}

impl Setting {
    /// The value as it is. White space may belong to a password.
    pub(super) fn exact(&self) -> Result<&str, Problem> {
        match &self.value {
            Some(text) => Ok(text),
            None => Err(Problem::malformed(format!(
                "the value of {} is not valid UTF-8",
                self.name
            ))),
        }
    }

    /// The value without white space around it: variables often end in a line break.
    pub(super) fn text(&self) -> Result<&str, Problem> {
        self.exact().map(str::trim)
    }
}

/// The settings that one source has. Blank ones are not kept.
pub(super) struct Settings {
    vocabulary: Vocabulary,
    list: Vec<Setting>,
}

impl Settings {
    pub(super) fn new(vocabulary: Vocabulary) -> Self {
        Self {
            vocabulary,
            list: Vec::new(),
        }
    }

    pub(super) fn of_environment(environment: &Environment, vocabulary: Vocabulary) -> Self {
        let mut settings = Self::new(vocabulary);
        for (field, names) in vocabulary {
            for name in *names {
                let value = match environment.get(name) {
                    Ok(None) => continue,
                    Ok(Some(text)) => Some(Zeroizing::new(text.to_owned())),
                    Err(_) => None,
                };
                settings.list.push(Setting {
                    field: *field,
                    name: (*name).to_owned(),
                    value,
                });
                break;
            }
        }
        settings
    }

    /// The field that this name stands for, if the source knows it.
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        let (field, _) = self.vocabulary.iter().find(|(_, names)| names.contains(&name))?;
        Some(*field)
    }

    pub(super) fn push(&mut self, field: Field, name: String, value: &str) {
        if !value.trim().is_empty() {
            self.list.push(Setting {
                field,
                name,
                value: Some(Zeroizing::new(value.to_owned())),
            });
        }
    }

    pub(super) fn get(&self, field: Field) -> Option<&Setting> {
        self.list.iter().find(|setting| setting.field == field)
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// The value for a field, as text.
    pub(super) fn text(&self, field: Field) -> Result<Option<String>, Problem> {
        self.get(field)
            .map(|setting| setting.text().map(str::to_owned))
            .transpose()
    }

    /// What this source calls a field, whether it is set or not.
    pub(super) fn name_of(&self, field: Field) -> &str {
        if let Some(setting) = self.get(field) {
            return &setting.name;
        }
        self.vocabulary
            .iter()
            .find(|(other, _)| *other == field)
            .and_then(|(_, names)| names.first().copied())
            .unwrap_or("a setting that does not exist here")
    }

    /// Whether this source has a name for a field at all.
    pub(super) fn knows(&self, field: Field) -> bool {
        self.vocabulary.iter().any(|(other, _)| *other == field)
    }
}
