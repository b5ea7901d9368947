//! How failures are told.

use super::*;

#[test]
fn every_field_of_a_filter_has_its_flag() {
    for (field, expected) in [
        ("user_name", "--user-name"),
        ("query_begin_time", "--begin"),
        ("query_end_time", "--end"),
        ("app_server_group_id", "--app-server-group-id"),
        ("vm_ip", "--vm-ip"),
        ("session_state", "--state"),
    ] {
        assert_eq!(flag(field), expected);
    }
}
