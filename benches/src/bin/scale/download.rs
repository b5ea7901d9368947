//! A file of any size, into a directory.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use session_export_benches::cases::{Carrier, Operation};
use session_export_benches::floor::{Hyper, Reqwest};
use session_export_benches::runs::measured;
use session_export_benches::{Failure, ours, wire};

pub(crate) fn run(
    side: &str,
    carrier: Carrier,
    bytes: u64,
    base: &str,
    directory: &Path,
    digest: bool,
) -> Result<(), Failure> {
    let id = format!("{}{bytes}", wire::READY);
    let path = directory.join("file");
    // What an earlier run left is no part of this one.
    let _ = std::fs::remove_file(&path);
    match (side, carrier) {
        ("ours", carrier) => {
            let client = ours::client(carrier, Operation::Poll, base)?;
            measured(async {
                let ready = client.task(wire::task(&id)).ready().await?;
                let file = ready.download().digest(digest).to_path(&path).await?;
                is_whole(file.bytes, bytes)
            })
        }
        ("floor", Carrier::Hyper) => {
            let hyper = Hyper::new()?;
            measured(async {
                let request = http::Request::get(url(base, &id)).body(Full::<Bytes>::default())?;
                let mut body = hyper.client().request(request).await?.into_body();
                let mut file = File::create(&path)?;
                let mut written = 0;
                while let Some(frame) = body.frame().await {
                    if let Ok(data) = frame?.into_data() {
                        file.write_all(&data)?;
                        written += data.len() as u64;
                    }
                }
                file.sync_all()?;
                is_whole(written, bytes)
            })
        }
        ("floor", Carrier::Reqwest) => {
            let reqwest = Reqwest::new()?;
            measured(async {
                let mut response = reqwest.client().get(url(base, &id)).send().await?;
                let mut file = File::create(&path)?;
                let mut written = 0;
                while let Some(data) = response.chunk().await? {
                    file.write_all(&data)?;
                    written += data.len() as u64;
                }
                file.sync_all()?;
                is_whole(written, bytes)
            })
        }
        _ => Err(format!("there is no download by {side} over {carrier}").into()),
    }
}

fn url(base: &str, id: &str) -> String {
    format!("{base}/v2/{}/export-tasks/{id}/download", wire::PROJECT)
}

fn is_whole(written: u64, announced: u64) -> Result<(), Failure> {
    match written == announced {
        true => Ok(()),
        false => Err(format!("{written} bytes of {announced} arrived").into()),
    }
}
