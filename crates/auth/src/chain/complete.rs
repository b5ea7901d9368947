//! From the settings of one source to a credential: whole, absent, or a problem to stop at.

use std::time::Duration;

use secrecy::SecretString;
use session_export_model::{ProjectId, Region};
use session_export_transport::BaseUrl;

use super::credential::{Credential, FoundAgency, PasswordLogin};
use super::error::Problem;
use super::found::Context;
use super::settings::{Field, Setting, Settings};
use crate::{AccessKey, Agency, AuthError, Token};

/// What a source may take from others. Never a secret.
pub(super) struct Lenders<'a> {
    /// Families of variables, for a project, a region or an account's name.
    pub(super) values: Vec<&'a Settings>,
    /// The source whose agency is to be taken on with this credential, if it names none itself.
    pub(super) agency: Option<&'a Settings>,
    /// The source whose IAM endpoint this one uses, if it names none itself.
    pub(super) endpoint: Option<&'a Settings>,
    /// The settings with the one-time passcode.
    pub(super) passcode: Settings,
}

/// The credential in `own`, if there is one. What is worth telling about it goes to `notes`.
pub(super) fn credential(
    own: &Settings,
    lenders: &Lenders<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<Credential>, Problem> {
    refuse_id_token(own, notes)?;
    if let Some(setting) = own.get(Field::Token) {
        let token = token(setting)?;
        passed_over("access key", access_key(own), notes);
        passed_over("password", password(own, lenders, &mut Vec::new()), notes);
        no_passcode(lenders, notes);
        return Ok(Some(Credential::Token(token)));
    }
    if let Some(key) = access_key(own)? {
        passed_over("password", password(own, lenders, &mut Vec::new()), notes);
        no_passcode(lenders, notes);
        return Ok(Some(Credential::AccessKey(key)));
    }
    let Some(mut login) = password(own, lenders, notes)? else {
        return Ok(None);
    };
    login.passcode = passcode(&login, &lenders.passcode)?;
    Ok(Some(Credential::Password(login)))
}

/// The official SDKs prefer an ID token to an access key: using the key would be another identity.
fn refuse_id_token(own: &Settings, notes: &mut Vec<String>) -> Result<(), Problem> {
    match (own.get(Field::IdpId), own.get(Field::IdToken)) {
        (Some(idp), Some(token)) => Err(Problem::unsupported(format!(
            "{} and {} ask for a log-in with an ID token, which is not supported here; get a token with another tool \
             and set SESSION_EXPORT_TOKEN, or remove the two to use another credential",
            idp.name, token.name
        ))),
        (Some(alone), None) | (None, Some(alone)) => {
            notes.push(format!(
                "{} is passed over: alone it is no credential",
                alone.name
            ));
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

/// A lower kind beside the one that is used: told, not obeyed.
fn passed_over<T>(kind: &str, found: Result<Option<T>, Problem>, notes: &mut Vec<String>) {
    match found {
        Ok(None) => {}
        Ok(Some(_)) => notes.push(format!("the {kind} that is there too is passed over")),
        Err(problem) => {
            // Without the advice: nothing needs to be done.
            let why = problem.text.split("; ").next().unwrap_or_default();
            notes.push(format!("the {kind} that is there too is passed over: {why}"));
        }
    }
}

fn no_passcode(lenders: &Lenders<'_>, notes: &mut Vec<String>) {
    if let Some(setting) = lenders.passcode.get(Field::Passcode) {
        notes.push(format!(
            "{} is passed over: it goes only with a password",
            setting.name
        ));
    }
}

fn token(setting: &Setting) -> Result<Token, Problem> {
    Token::new(setting.text()?).map_err(|error| wrong(setting, &error))
}

/// The text of an invalid credential's error names what is wrong with it and shows nothing of it.
fn wrong(setting: &Setting, error: &AuthError) -> Problem {
    let text = error.to_string();
    let what = text
        .strip_prefix("the credential is not usable: ")
        .unwrap_or(&text);
    Problem::malformed(format!("{}: {what}", setting.name))
}

fn access_key(own: &Settings) -> Result<Option<AccessKey>, Problem> {
    let fields = [Field::KeyId, Field::KeySecret, Field::SecurityToken];
    let Some(present) = fields.iter().find_map(|field| own.get(*field)) else {
        return Ok(None);
    };
    let (Some(id), Some(secret)) = (own.get(Field::KeyId), own.get(Field::KeySecret)) else {
        let missing: Vec<_> = [Field::KeyId, Field::KeySecret]
            .into_iter()
            .filter(|field| !own.has(*field))
            .map(|field| own.name_of(field))
            .collect();
        return Err(lacks(&present.name, &format!("not {}", missing.join(" and "))));
    };
    // The id by itself first, so that the error names the one of the two that is wrong.
    AccessKey::new(id.text()?, "secret").map_err(|error| wrong(id, &error))?;
    let key = AccessKey::new(id.text()?, secret.text()?).map_err(|error| wrong(secret, &error))?;
    match own.get(Field::SecurityToken) {
        None => Ok(Some(key)),
        Some(token) => key
            .with_security_token(token.text()?)
            .map(Some)
            .map_err(|error| wrong(token, &error)),
    }
}

fn lacks(present: &str, missing: &str) -> Problem {
    Problem::incomplete(format!(
        "{present} is set, but {missing}; set what is missing, or remove {present} to use another credential"
    ))
}

/// What is missing where one of two would do.
fn neither(own: &Settings, fields: [Field; 2]) -> String {
    match fields.map(|field| own.knows(field).then(|| own.name_of(field))) {
        [Some(one), Some(other)] => format!("neither {one} nor {other}"),
        [one, other] => format!("not {}", one.or(other).unwrap_or_default()),
    }
}

fn password(
    own: &Settings,
    lenders: &Lenders<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<PasswordLogin>, Problem> {
    let Some(setting) = own.get(Field::Password) else {
        return Ok(None);
    };
    let user_name = own.text(Field::UserName)?;
    let user_id = own.text(Field::UserId)?;
    if user_name.is_none() && user_id.is_none() {
        let missing = neither(own, [Field::UserName, Field::UserId]);
        return Err(lacks(&setting.name, &missing));
    }
    let domain = first_with(own, lenders, [Field::DomainName, Field::DomainId], notes);
    if user_id.is_none() && domain.is_none() {
        let missing = neither(own, [Field::DomainName, Field::DomainId]);
        return Err(lacks(&setting.name, &missing));
    }
    let of_domain = |field| domain.map_or(Ok(None), |settings| settings.text(field));
    Ok(Some(PasswordLogin {
        user_name,
        user_id,
        // As it is: a blank at its end may belong to it.
        password: SecretString::from(setting.exact()?),
        domain_name: of_domain(Field::DomainName)?,
        domain_id: of_domain(Field::DomainId)?,
        passcode: None,
    }))
}

fn passcode(login: &PasswordLogin, settings: &Settings) -> Result<Option<SecretString>, Problem> {
    let Some(setting) = settings.get(Field::Passcode) else {
        return Ok(None);
    };
    let text = setting.text()?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::malformed(format!(
            "{} holds something other than digits",
            setting.name
        )));
    }
    if login.user_id.is_none() {
        return Err(Problem::incomplete(format!(
            "{} is set, but there is no user id, and IAM wants one with a passcode; set HW_USER_ID or OS_USER_ID",
            setting.name
        )));
    }
    Ok(Some(SecretString::from(text)))
}

/// The first source that has one of these fields: `own`, else a lender. The fields stay together, so that a project's
/// id and its name, say, are never those of two projects.
fn first_with<'a>(
    own: &'a Settings,
    lenders: &Lenders<'a>,
    fields: [Field; 2],
    notes: &mut Vec<String>,
) -> Option<&'a Settings> {
    let one_of = |settings: &'a Settings| fields.iter().find_map(|field| settings.get(*field));
    if one_of(own).is_some() {
        return Some(own);
    }
    lenders
        .values
        .iter()
        .copied()
        .find(|lender| match one_of(lender) {
            Some(setting) => {
                notes.push(format!("{} is used with it", setting.name));
                true
            }
            None => false,
        })
}

/// The project, region, endpoint and agency that go with the credential in `own`.
pub(super) fn context(
    own: &Settings,
    lenders: &Lenders<'_>,
    notes: &mut Vec<String>,
) -> Result<Context, Problem> {
    let mut context = Context::default();
    if let Some(project) = first_with(own, lenders, [Field::ProjectId, Field::ProjectName], notes) {
        context.project_id = parsed::<ProjectId>(project, Field::ProjectId, "a project's id")?;
        context.project_name = project.text(Field::ProjectName)?;
    }
    if let Some(region) = first_with(own, lenders, [Field::Region, Field::Region], notes) {
        context.region = parsed::<Region>(region, Field::Region, "a region's id")?;
    }
    context.iam_endpoint = endpoint(own, lenders, notes)?;
    context.agency = agency(own, lenders, notes)?;
    Ok(context)
}

fn parsed<T: std::str::FromStr>(settings: &Settings, field: Field, what: &str) -> Result<Option<T>, Problem> {
    let Some(setting) = settings.get(field) else {
        return Ok(None);
    };
    // The parser's own error shows the text.
    setting
        .text()?
        .parse()
        .map(Some)
        .map_err(|_| Problem::malformed(format!("the value of {} is not {what}", setting.name)))
}

/// The secret is sent there, so the endpoint of another family is not used: `OS_AUTH_URL` may be another cloud.
fn endpoint(
    own: &Settings,
    lenders: &Lenders<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<BaseUrl>, Problem> {
    let lent = lenders
        .endpoint
        .and_then(|settings| settings.get(Field::IamEndpoint));
    let Some(setting) = own.get(Field::IamEndpoint).or(lent) else {
        let others = lenders
            .values
            .iter()
            .filter_map(|other| other.get(Field::IamEndpoint));
        notes.extend(others.map(|setting| {
            format!(
                "{} is passed over: it goes only with a credential of its own family",
                setting.name
            )
        }));
        return Ok(None);
    };
    let text = setting.text()?.trim_end_matches('/');
    // Other tools want the URL with its version.
    let text = text.strip_suffix("/v3").unwrap_or(text);
    // The parser's own error shows the text, in which somebody may have put a password.
    text.parse().map(Some).map_err(|_| {
        Problem::malformed(format!(
            "the value of {} is not a usable URL; write it like https://iam.cn-north-4.myhuaweicloud.com",
            setting.name
        ))
    })
}

fn agency(
    own: &Settings,
    lenders: &Lenders<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<FoundAgency>, Problem> {
    if let Some(agency) = agency_of(own)? {
        return Ok(Some(agency));
    }
    if let Some(lender) = lenders.agency {
        let agency = agency_of(lender)?;
        if agency.is_some() {
            notes.push(format!("{} is used with it", lender.name_of(Field::AgencyName)));
        }
        return Ok(agency);
    }
    let others = lenders
        .values
        .iter()
        .filter_map(|other| other.get(Field::AgencyName));
    notes.extend(others.map(|setting| {
        format!(
            "{} is passed over: it does not go with a credential from here",
            setting.name
        )
    }));
    Ok(None)
}

fn agency_of(settings: &Settings) -> Result<Option<FoundAgency>, Problem> {
    let name = settings.get(Field::AgencyName);
    let domain = settings
        .get(Field::AgencyDomainName)
        .or_else(|| settings.get(Field::AgencyDomainId));
    let name = match (name, domain) {
        (None, None) => return Ok(None),
        (Some(name), Some(_)) => name.text()?,
        (Some(name), None) => {
            let missing = neither(settings, [Field::AgencyDomainName, Field::AgencyDomainId]);
            return Err(half_an_agency(&name.name, &missing));
        }
        (None, Some(domain)) => {
            let missing = format!("not {}", settings.name_of(Field::AgencyName));
            return Err(half_an_agency(&domain.name, &missing));
        }
    };
    // Of an id and a name the id counts: it is unique and never changes.
    let agency = match settings.text(Field::AgencyDomainId)? {
        Some(id) => Agency::of_domain_id(name, id),
        None => Agency::of_domain_name(name, settings.text(Field::AgencyDomainName)?.unwrap_or_default()),
    };
    Ok(Some(FoundAgency {
        agency,
        project_name: settings.text(Field::AgencyProject)?,
        duration: duration(settings)?,
    }))
}

fn half_an_agency(present: &str, missing: &str) -> Problem {
    Problem::incomplete(format!(
        "{present} is set, but {missing}; set what is missing, or remove {present} to use no agency"
    ))
}

/// IAM's own limits.
fn duration(settings: &Settings) -> Result<Option<Duration>, Problem> {
    let Some(setting) = settings.get(Field::AgencyDuration) else {
        return Ok(None);
    };
    match setting.text()?.parse() {
        Ok(seconds @ 900..=86_400) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(Problem::malformed(format!(
            "the value of {} is not a number of seconds from 900 to 86400",
            setting.name
        ))),
    }
}
