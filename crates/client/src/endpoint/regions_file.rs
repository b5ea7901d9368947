//! The regions file of the official SDKs, `~/.huaweicloud/regions.yaml`.
//!
//! Its form is that of the Python and Go SDKs: service names in any case, lists of regions under them, each with an
//! `id` and an `endpoint` or `endpoints`. What they skip or fail on without a word (a region without an endpoint, one
//! that is listed twice) is an error with its place, for the services that this library calls; other services may say
//! what they like.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use session_export_model::Region;
use session_export_transport::BaseUrl;

use super::overrides::base_url;
use super::service::Service;
use super::yaml::{Document, Fault, Node, NodeId, Place, Value};

/// Largest file. With every service and region of the cloud it has about 300 KiB.
const MOST_BYTES: usize = 1 << 20;

/// What the file says of the three services.
pub(super) type Found = BTreeMap<(Service, String), BaseUrl>;

pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Looked at before it is opened: opening a named pipe would wait for somebody to write into it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The problem is a text that goes on from the name of the file: `, line 3, column 5: …`.
pub(super) fn parse(bytes: &[u8]) -> Result<Found, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!(" is larger than {MOST_BYTES} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        format!(", line {line}: this is not UTF-8 text")
    })?;
    services(text).map_err(|fault| format!(", {}: {}", fault.at, fault.problem))
}

fn services(text: &str) -> Result<Found, Fault> {
    let mut found = Found::new();
    let document = Document::parse(text)?;
    let Some(root) = document.root().filter(|root| !root.is_null()) else {
        return Ok(found);
    };
    let Value::Mapping(services) = &root.value else {
        return Err(root.at.fault(format!(
            "a mapping of services is expected, such as `WorkspaceApp:` with a list of regions; this is {}",
            root.what()
        )));
    };
    let mut headings: BTreeMap<Service, Place> = BTreeMap::new();
    for (key, value) in services {
        let key = document.node(*key);
        let name = key.text().unwrap_or_default();
        refuse_merge(key)?;
        let Some(service) = Service::by_sdk_name(name) else {
            continue;
        };
        if let Some(first) = headings.insert(service, key.at) {
            return Err(key.at.fault(format!(
                "service {} is listed a second time, after line {}; put its regions into one list",
                service.sdk_name(),
                first.line
            )));
        }
        let value = document.node(*value);
        match &value.value {
            Value::Null => {}
            Value::List(entries) => regions(&document, service, entries, &mut found)?,
            _ => {
                return Err(value.at.fault(format!(
                    "a list of regions is expected for {}, such as `- id: cn-north-4` with an `endpoint`; this is {}",
                    service.sdk_name(),
                    value.what()
                )));
            }
        }
    }
    Ok(found)
}

fn regions(
    document: &Document,
    service: Service,
    entries: &[NodeId],
    found: &mut Found,
) -> Result<(), Fault> {
    for entry in entries {
        let entry = document.node(*entry);
        let (region, base) = region(document, service, entry)?;
        // An alias repeats an entry, so this also ends what many aliases of one entry would make long.
        if found.insert((service, region.as_str().into()), base).is_some() {
            return Err(entry.at.fault(format!(
                "region {:?} of {} is listed a second time",
                region.as_str(),
                service.sdk_name()
            )));
        }
    }
    Ok(())
}

fn region(document: &Document, service: Service, entry: &Node) -> Result<(Region, BaseUrl), Fault> {
    let service = service.sdk_name();
    let Value::Mapping(pairs) = &entry.value else {
        return Err(entry.at.fault(format!(
            "a region of {service} is expected, a mapping with `id` and `endpoint`; this is {}",
            entry.what()
        )));
    };
    let [id, endpoint, endpoints] = fields(document, pairs, ["id", "endpoint", "endpoints"])?;
    let Some(id) = id else {
        let problem = format!("this region of {service} has no `id`, such as cn-north-4");
        return Err(entry.at.fault(problem));
    };
    let id_text = text(id, "the `id` of a region", "cn-north-4")?;
    let region = Region::try_from(id_text).map_err(|violation| id.at.fault(violation.to_string()))?;
    let first = endpoints.map(|list| first_of(document, list)).transpose()?;
    let Some(endpoint) = endpoint.or(first) else {
        return Err(entry.at.fault(format!(
            "region {id_text:?} of {service} has neither `endpoint` nor `endpoints`"
        )));
    };
    let base = base_url(text(endpoint, "an endpoint", "https://workspace.example.com")?)
        .map_err(|problem| endpoint.at.fault(problem))?;
    Ok((region, base))
}

/// The values of these keys; one without a value counts as absent.
fn fields<'a, const N: usize>(
    document: &'a Document,
    pairs: &[(NodeId, NodeId)],
    names: [&str; N],
) -> Result<[Option<&'a Node>; N], Fault> {
    let mut values = [None; N];
    for (key, value) in pairs {
        let key = document.node(*key);
        refuse_merge(key)?;
        let Some(at) = names.iter().position(|name| key.text() == Some(*name)) else {
            continue;
        };
        if values[at].replace(document.node(*value)).is_some() {
            return Err(key.at.fault(format!("`{}` is given a second time", names[at])));
        }
    }
    Ok(values.map(|value: Option<&Node>| value.filter(|value| !value.is_null())))
}

/// The first of several endpoints. The others are for a fail-over that this library does not have.
fn first_of<'a>(document: &'a Document, endpoints: &'a Node) -> Result<&'a Node, Fault> {
    match &endpoints.value {
        Value::List(items) if !items.is_empty() => Ok(document.node(items[0])),
        Value::List(_) => Err(endpoints
            .at
            .fault("`endpoints` is an empty list; at least one is expected")),
        _ => Err(endpoints.at.fault(format!(
            "a list is expected for `endpoints`; this is {}",
            endpoints.what()
        ))),
    }
}

fn text<'a>(node: &'a Node, what: &str, example: &str) -> Result<&'a str, Fault> {
    node.text().ok_or_else(|| {
        node.at.fault(format!(
            "{what} is a text such as {example}; this is {}",
            node.what()
        ))
    })
}

/// A merge key would bring in what nobody looks at here, so it is not passed over in silence.
fn refuse_merge(key: &Node) -> Result<(), Fault> {
    if key.text() == Some("<<") {
        Err(key
            .at
            .fault("merge keys (`<<`) are not understood here; write out what they stand for"))
    } else {
        Ok(())
    }
}
