//! Whether a file is an export of a list, by how it begins. Memory is bounded whatever the file holds.

use std::fs::File;
use std::io::{self, Read, Seek};

use session_export::{ExportKind, FileFormat};
use zip::ZipArchive;

/// How much of a part is looked at. A header row of 30 names has about a kilobyte.
const PREFIX: u64 = 256 << 10;
/// So many names of columns are no accident.
const ENOUGH: usize = 3;

/// The names of a session's fields, by the published definition of `SessionInfo`. Which header an export of the service
/// has is not documented.
const SESSIONS: &[&str] = &[
    "session_stamp",
    "os_session_id",
    "protocol_type",
    "login_user",
    "session_type",
    "app_server_group_id",
    "app_server_group_name",
    "pre_conn_time",
    "start_time",
    "end_time",
    "status_continue_time",
    "machine_sid",
    "machine_name",
    "session_state",
    "client_mac",
    "client_name",
    "client_ip",
    "public_ip",
    "agent_version",
    "vm_ip",
];

/// The same of an app connection, by `AppConnectionInfo`.
const APP_CONNECTIONS: &[&str] = &[
    "sid",
    "app_id",
    "machine_name",
    "user_name",
    "app_group_name",
    "app_group_id",
    "app_name",
    "brokering_time",
    "connection_failure_reason",
    "client_mac",
    "client_name",
    "client_ip",
    "public_ip",
    "agent_version",
    "vm_ip",
    "wi_ip",
    "virtual_ip",
    "end_time",
];

/// The same of a user connection, by `UserConnectionInfo`.
const USER_CONNECTIONS: &[&str] = &[
    "connect_type",
    "user_name",
    "desktop_group_name",
    "pre_conn_time",
    "start_time",
    "end_time",
    "machine_sid",
    "machine_name",
    "client_mac",
    "client_name",
    "client_ip",
    "public_ip",
    "agent_version",
    "vm_ip",
    "connect_flag",
    "wi_ip",
    "update_time",
    "virtual_ip",
];

/// The names of a list's fields that say more than `id` does.
fn names(kind: ExportKind) -> &'static [&'static str] {
    match kind {
        ExportKind::Sessions => SESSIONS,
        ExportKind::AppConnections => APP_CONNECTIONS,
        ExportKind::UserConnections => USER_CONNECTIONS,
        _ => &[],
    }
}

pub(crate) fn holds(kind: ExportKind, mut file: &File, format: FileFormat) -> io::Result<bool> {
    file.rewind()?;
    match format {
        FileFormat::Xlsx => workbook(kind, file),
        FileFormat::Csv => {
            let mut text = Vec::new();
            file.take(PREFIX).read_to_end(&mut text)?;
            Ok(is_header(kind, columns(&String::from_utf8_lossy(&text))))
        }
        _ => Ok(false),
    }
}

/// Looks at the first sheet's first row. Its texts stand in the row itself, or at the beginning of a table of texts.
fn workbook(kind: ExportKind, file: &File) -> io::Result<bool> {
    // A damaged archive is no export, rather than a failure to look into one.
    let Ok(mut archive) = ZipArchive::new(file) else {
        return Ok(false);
    };
    let sheet = part(&mut archive, "xl/worksheets/sheet1.xml")?;
    let row = sheet.split("</row>").next().unwrap_or_default();
    if is_header(kind, texts(row)) {
        return Ok(true);
    }
    let shared = part(&mut archive, "xl/sharedStrings.xml")?;
    Ok(is_header(kind, texts(&shared).take(100)))
}

fn part(archive: &mut ZipArchive<&File>, name: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Ok(part) = archive.by_name(name) {
        part.take(PREFIX).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The texts between tags.
fn texts(xml: &str) -> impl Iterator<Item = &str> {
    xml.split('>')
        .filter_map(|after| after.split_once('<'))
        .map(|(text, _)| text)
        .filter(|text| !text.is_empty())
}

/// The first line's cells.
fn columns(text: &str) -> impl Iterator<Item = &str> {
    let line = text
        .trim_start_matches('\u{feff}')
        .lines()
        .next()
        .unwrap_or_default();
    line.split([',', ';', '\t'])
        .map(|cell| cell.trim().trim_matches('"'))
}

/// Whether enough names are of the list, and none is of another one alone: the lists have many in common.
fn is_header<'a>(kind: ExportKind, cells: impl Iterator<Item = &'a str>) -> bool {
    let own = names(kind);
    let of_another = |cell: &str| ExportKind::ALL.iter().any(|other| names(*other).contains(&cell));
    let mut found = Vec::new();
    for cell in cells {
        if own.contains(&cell) {
            found.push(cell);
        } else if of_another(cell) {
            return false;
        }
    }
    found.sort_unstable();
    found.dedup();
    found.len() >= ENOUGH
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn look(bytes: &[u8], format: FileFormat) -> bool {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        holds(ExportKind::Sessions, &file, format).unwrap()
    }

    fn book(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, text) in parts {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn a_csv_is_told_by_its_first_line() {
        let header = "id,login_user,start_time,end_time\r\n";
        for text in [
            header.to_owned(),
            format!("\u{feff}{header}1,2,3,4\r\n"),
            "\"login_user\";\"vm_ip\";\"machine_name\"\n".to_owned(),
        ] {
            assert!(look(text.as_bytes(), FileFormat::Csv), "{text}");
            assert!(!look(text.as_bytes(), FileFormat::Unknown));
        }
        for text in [
            "",
            "id,name,login_user,start_time\n",
            "login_user,login_user,login_user\n",
            "desktop,user\nlogin_user,start_time,end_time\n",
        ] {
            assert!(!look(text.as_bytes(), FileFormat::Csv), "{text}");
        }
    }

    #[test]
    fn lists_are_told_from_each_other() {
        let headers = [
            (
                ExportKind::Sessions,
                "id,login_user,client_mac,client_name,client_ip,vm_ip",
            ),
            (
                ExportKind::AppConnections,
                "id,app_id,client_mac,client_name,client_ip,vm_ip",
            ),
            (
                ExportKind::UserConnections,
                "id,connect_flag,client_mac,client_name,client_ip,vm_ip",
            ),
        ];
        for (kind, header) in headers {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(header.as_bytes()).unwrap();
            for (other, _) in headers {
                assert_eq!(
                    holds(other, &file, FileFormat::Csv).unwrap(),
                    kind == other,
                    "{header}: {other}"
                );
            }
        }
    }

    #[test]
    fn a_workbook_is_told_by_its_first_row() {
        let sheet =
            |row: &str| format!("<sheetData><row r=\"1\">{row}</row><row><t>end_time</t></row></sheetData>");
        let cells =
            "<c t=\"inlineStr\"><is><t>login_user</t></is></c><is><t xml:space=\"preserve\">vm_ip</t></is>";
        let numbers = sheet("<c t=\"s\"><v>0</v></c>");
        let inline = sheet(&format!("{cells}<t>start_time</t>"));
        let shared = format!("<sst><si>{cells}</si><si><t>start_time</t></si></sst>");
        let name = "xl/worksheets/sheet1.xml";
        assert!(look(&book(&[(name, &inline)]), FileFormat::Xlsx));
        let whole = book(&[(name, &numbers), ("xl/sharedStrings.xml", &shared)]);
        assert!(look(&whole, FileFormat::Xlsx));
        assert!(!look(&book(&[(name, &sheet(cells))]), FileFormat::Xlsx));
        assert!(!look(&book(&[(name, &numbers)]), FileFormat::Xlsx));
        assert!(!look(&book(&[("other", "<t>login_user</t>")]), FileFormat::Xlsx));
        assert!(!look(&whole[..whole.len() / 2], FileFormat::Xlsx));
    }

    #[test]
    fn an_archive_that_swells_is_looked_at_no_further() {
        let zeros = " ".repeat(40 << 20);
        let swollen = book(&[("xl/worksheets/sheet1.xml", &zeros)]);
        assert!(swollen.len() < 1 << 20);
        assert!(!look(&swollen, FileFormat::Xlsx));
    }
}
