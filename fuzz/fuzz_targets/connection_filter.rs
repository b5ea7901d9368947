#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| session_export_fuzz_properties::connection_filter(data));
