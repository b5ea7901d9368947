use proptest::prelude::*;
use session_export_model::{ServiceTime, SessionInfo, SessionState};

use super::*;
use crate::{Summary, SummaryOptions};

fn session(user: &str, start: &str, end: Option<&str>) -> SessionInfo {
    let mut session = SessionInfo::default();
    session.login_user = Some(user.to_owned());
    session.machine_name = Some(user.to_owned());
    session.session_state = Some(SessionState::from(user));
    session.failed_code = Some(user.to_owned());
    session.failed_reason = Some(user.to_owned());
    session.client_version = Some(user.to_owned());
    session.start_time = Some(ServiceTime::from(start));
    session.end_time = end.map(ServiceTime::from);
    session
}

fn page(sessions: &[SessionInfo], options: &PageOptions) -> String {
    let mut summary = Summary::new(SummaryOptions::new());
    for session in sessions {
        summary.add(session);
    }
    summary.finish().page(options).to_string()
}

/// The tags of a page, in order: what stands between `<` and `>`, up to the first blank.
fn tags(page: &str) -> Vec<&str> {
    let body = page.split_once("</style>").unwrap().1;
    let mut tags = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("every tag is closed");
        assert!(!text.contains('>'), "{part}");
        tags.push(tag.split(' ').next().unwrap());
    }
    tags
}

/// Every element that is opened is closed, in order.
fn assert_well_formed(page: &str) {
    let mut open = vec!["html"];
    for tag in tags(page) {
        let is_void = ["input", "meta", "col"].contains(&tag)
            || ["rect", "line", "path", "circle"].contains(&tag.trim_end_matches('/'));
        match tag.strip_prefix('/') {
            Some("head") | None if is_void => {}
            Some("head") => {}
            Some(closed) => assert_eq!(open.pop(), Some(closed)),
            None => open.push(tag),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

const HOSTILE: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>' onload='alert(3)&lt;";

#[test]
fn a_hostile_name_is_text_everywhere() {
    let sessions = [session(
        HOSTILE,
        "2024-02-27T08:00:00Z",
        Some("2024-02-27T09:00:00Z"),
    )];
    let hostile = page(&sessions, &PageOptions::new().source(HOSTILE));
    let plain = page(
        &[session(
            "plain",
            "2024-02-27T08:00:00Z",
            Some("2024-02-27T09:00:00Z"),
        )],
        &PageOptions::new().source("plain"),
    );
    assert_eq!(tags(&hostile), tags(&plain), "no element more");
    assert!(!hostile.contains("<script") && !hostile.contains("<img"));
    assert!(!hostile.contains("onerror=alert(2)>") && !hostile.contains("onload='"));
    assert!(hostile.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img"));
    assert_well_formed(&hostile);
}

#[test]
fn the_page_needs_nothing_else() {
    let page = page(&[session("a", "2024-02-27T08:00:00Z", None)], &PageOptions::new());
    for outside in [
        "http:", "https:", "url(", "@import", "<script", "<link", "<img", "src=", "href",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn both_languages_are_there_and_one_is_shown_first() {
    let sessions = [session("张三", "2024-02-27T08:00:00Z", None)];
    let english = page(&sessions, &PageOptions::new());
    let chinese = page(&sessions, &PageOptions::new().language(Language::Chinese));
    for page in [&english, &chinese] {
        assert!(page.contains("Sessions per day") && page.contains("每日会话数"));
        assert_eq!(
            page.matches("class=\"en\"").count(),
            page.matches("class=\"zh\"").count()
        );
        assert_eq!(page.matches(" checked>").count(), 1);
    }
    assert!(english.contains("<html lang=\"en\">") && chinese.contains("<html lang=\"zh-CN\">"));
    assert!(chinese.contains("aria-label=\"中文\" checked>"));
}

#[test]
fn every_chart_has_a_name_a_description_and_a_table() {
    let page = page(
        &[session("a", "2024-02-27T08:00:00Z", Some("2024-02-27T09:00:00Z"))],
        &PageOptions::new(),
    );
    let charts = page.matches("role=\"img\"").count();
    assert_eq!(charts, 3);
    assert_eq!(page.matches("<desc>").count(), charts);
    assert_eq!(page.matches("<details class=\"data\">").count(), charts);
    for id in ["days", "course", "durations"] {
        assert!(
            page.contains(&format!(
                "aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-about\"><title>"
            )),
            "{id}"
        );
    }
    // The other drawings repeat the number that stands beside them.
    assert_eq!(
        page.matches("<svg").count(),
        charts + page.matches("aria-hidden=\"true\"><rect").count()
    );
}

#[test]
fn the_size_does_not_grow_with_the_sessions() {
    let sessions = |count: u32, distinct: u32| -> Vec<SessionInfo> {
        (0..count)
            .map(|number| {
                let (day, hour) = (number % 28 + 1, number % 23);
                let name = format!("{}{}", "很长的名字".repeat(60), number % distinct);
                let start = format!("2024-02-{day:02}T{hour:02}:00:00Z");
                session(&name, &start, Some(&format!("2024-03-01T{hour:02}:30:00Z")))
            })
            .collect()
    };
    let (few, many) = (
        page(&sessions(300, 100), &PageOptions::new()),
        page(&sessions(6_000, 3_000), &PageOptions::new()),
    );
    assert!(many.len() < few.len() + 2_000, "{} and {}", few.len(), many.len());
    assert!(many.len() < 150_000, "{}", many.len());
}

#[test]
fn without_sessions_there_is_a_page_all_the_same() {
    let empty = page(&[], &PageOptions::new());
    assert!(empty.contains("There is no session in this list."));
    assert!(!empty.contains("role=\"img\""));
    assert_well_formed(&empty);
    let odd = page(&[SessionInfo::default()], &PageOptions::new());
    assert!(odd.contains("without a start that can be read"));
    assert_well_formed(&odd);
}

#[test]
fn it_says_when_it_was_made_only_if_it_was_told() {
    let made_at = DateTime::parse_from_rfc3339("2024-03-01T09:30:00+08:00").unwrap();
    assert!(page(&[], &PageOptions::new().made_at(&made_at)).contains("2024-03-01 09:30 +08:00"));
    assert!(!page(&[], &PageOptions::new()).contains(" · 20"));
}

/// The ratio of the contrast of two colours, by WCAG.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn texts_and_bars_stand_out_in_both_themes() {
    let themes: Vec<&str> = STYLE.split(":root {").skip(1).take(2).collect();
    assert_eq!(themes.len(), 2);
    for theme in themes {
        let colour = |name: &str| &theme.split_once(&format!("--{name}: ")).unwrap().1[..7];
        for (front, back, least) in [
            ("ink", "card", 7.0),
            ("ink", "bg", 7.0),
            ("muted", "card", 4.5),
            ("muted", "bg", 4.5),
            ("ok", "card", 3.0),
            ("bad", "card", 3.0),
            ("ok", "back", 3.0),
            ("bad", "back", 3.0),
        ] {
            let found = contrast(colour(front), colour(back));
            assert!(found >= least, "{front} on {back}: {found:.2}");
        }
        // The chosen language is written in the card's colour on the bars' one.
        assert!(contrast(colour("card"), colour("ok")) >= 4.5);
    }
}

proptest! {
    #[test]
    fn whatever_the_rows_hold_the_page_is_well_formed(
        rows in prop::collection::vec(("\\PC{0,12}|[<>&\"'/a-z ]{0,12}", 0_i64..2_000_000_000, 0_i64..9_000_000), 0..12),
    ) {
        let time = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap().to_rfc3339();
        let sessions: Vec<_> = rows
            .iter()
            .map(|(name, start, lasted)| session(name, &time(*start), Some(&time(start + lasted))))
            .collect();
        assert_well_formed(&page(&sessions, &PageOptions::new()));
    }
}
