//! Which list a file holds, by its header. How much of a file is looked at, the limits of reading rows say.

use std::fs::File;
use std::io::{self, Seek};

use session_export::{Columns, ExportKind, Field, FileFormat, ReadOptions, RowsErrorKind};

/// So many names of columns are no accident.
const ENOUGH: usize = 3;

/// What only app connections have, by the published definition of `AppConnectionInfo`; the lists have most names in common.
/// Which header an export of the service has is not documented.
const APP_CONNECTIONS: &[&str] = &[
    "sid",
    "app_id",
    "app_group_name",
    "app_group_id",
    "brokering_time",
    "connection_failure_reason",
    "aps_instance_id",
    "aps_instance_name",
    "aps_host_id",
];

/// What only user connections have, by `UserConnectionInfo`.
const USER_CONNECTIONS: &[&str] = &[
    "connect_type",
    "connect_flag",
    "desktop_group_name",
    "update_time",
];

/// What connections of both kinds have, and sessions have not.
const CONNECTIONS: &[&str] = &["wi_ip", "virtual_ip"];

/// Whether a file holds a list of that kind.
pub(crate) fn holds(kind: ExportKind, mut file: &File, format: FileFormat) -> io::Result<bool> {
    if !matches!(format, FileFormat::Xlsx | FileFormat::Csv) {
        return Ok(false);
    }
    file.rewind()?;
    let found = ReadOptions::new().read(file).and_then(|mut rows| {
        let columns = rows.columns()?.iter();
        Ok(kind_of(columns.map(|column| column.name())))
    });
    match found {
        Ok(found) => Ok(found == Some(kind)),
        Err(error) => match error.kind() {
            RowsErrorKind::Io(kind) => Err((*kind).into()),
            // What is damaged, or has no header that is known, is no export, rather than a failure to look into one.
            _ => Ok(false),
        },
    }
}

/// The list that has such a header.
pub(crate) fn kind_of<'a>(header: impl Iterator<Item = &'a str>) -> Option<ExportKind> {
    let known = Columns::known();
    let (mut app, mut user, mut either, mut named) = (false, false, false, Vec::new());
    for name in header {
        let marks = [
            (APP_CONNECTIONS, &mut app),
            (USER_CONNECTIONS, &mut user),
            (CONNECTIONS, &mut either),
        ];
        let mut is_known = known.field(name).is_some_and(|field| field != Field::Id);
        for (names, found) in marks {
            if names.contains(&name) {
                *found = true;
                is_known = true;
            }
        }
        if is_known && !named.contains(&name) {
            named.push(name);
        }
    }
    match (app, user) {
        _ if named.len() < ENOUGH => None,
        (true, false) => Some(ExportKind::AppConnections),
        (false, true) => Some(ExportKind::UserConnections),
        (false, false) if !either => Some(ExportKind::Sessions),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn look(bytes: &[u8], format: FileFormat) -> bool {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        holds(ExportKind::Sessions, &file, format).unwrap()
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
    fn a_header_may_be_chinese_in_any_encoding_that_is_read() {
        let header = "会话标识,登录用户,会话类型\n";
        assert!(look(header.as_bytes(), FileFormat::Csv));
        let gb18030: &[u8] = &[
            0xBB, 0xE1, 0xBB, 0xB0, 0xB1, 0xEA, 0xCA, 0xB6, b',', 0xB5, 0xC7, 0xC2, 0xBC, 0xD3, 0xC3, 0xBB,
            0xA7, b',', 0xBB, 0xE1, 0xBB, 0xB0, 0xC0, 0xE0, 0xD0, 0xCD, b'\n',
        ];
        assert!(look(gb18030, FileFormat::Csv));
    }

    #[test]
    fn a_header_of_two_lists_is_of_none() {
        let header = ["login_user", "vm_ip", "app_id", "connect_flag"];
        assert_eq!(kind_of(header.into_iter()), None);
        assert_eq!(kind_of(["login_user", "vm_ip", "wi_ip"].into_iter()), None);
        assert_eq!(kind_of(["app_id", "sid"].into_iter()), None);
    }

    #[test]
    fn an_archive_that_is_no_workbook_is_no_export() {
        let empty = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
        assert!(!look(&empty, FileFormat::Xlsx));
        assert!(!look(b"PK\x03\x04 and no more", FileFormat::Xlsx));
    }
}
