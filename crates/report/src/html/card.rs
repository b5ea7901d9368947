//! What every part of the page is made of.

use std::fmt::{self, Formatter};

use super::escape::Text;
use super::scale::Frame;
use super::words::{Both, both};

/// A chart with its heading, what can be seen in it, and the same as a table.
pub(super) struct Figure {
    pub(super) id: &'static str,
    pub(super) title: Both,
    pub(super) about: Both,
    pub(super) frame: Frame,
}

impl Figure {
    pub(super) fn write(
        &self,
        f: &mut Formatter<'_>,
        legend: impl FnOnce(&mut Formatter<'_>) -> fmt::Result,
        drawing: impl FnOnce(&mut Formatter<'_>) -> fmt::Result,
        table: impl FnOnce(&mut Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let Self {
            id,
            title,
            about,
            frame,
        } = self;
        let is_wide = frame.width > Frame::HALF.width;
        let class = if is_wide { "card wide" } else { "card" };
        write!(
            f,
            "<section class=\"{class}\" aria-labelledby=\"{id}-title\"><h2 id=\"{id}-title\">{title}</h2>\
             <p class=\"about\" id=\"{id}-about\">{about}</p>"
        )?;
        legend(f)?;
        // Named by the heading, which is in one language; the title inside serves whoever takes the drawing out.
        write!(
            f,
            "<div class=\"chart\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-title\" \
             aria-describedby=\"{id}-about\"><title>{}</title><desc>{}</desc>",
            frame.width,
            frame.height,
            title.escaped(),
            about.escaped()
        )?;
        drawing(f)?;
        write!(
            f,
            "</svg></div><details class=\"data\"><summary>{}</summary><div class=\"scroll\">",
            both("As a table", "表格")
        )?;
        table(f)?;
        f.write_str("</div></details></section>\n")
    }
}

/// A table of texts; all columns but the first hold numbers or dates.
pub(super) fn table<const N: usize>(
    f: &mut Formatter<'_>,
    head: &[Both; N],
    rows: impl Iterator<Item = [String; N]>,
) -> fmt::Result {
    f.write_str("<table class=\"plain\"><thead><tr>")?;
    for cell in head {
        write!(f, "<th scope=\"col\">{cell}</th>")?;
    }
    f.write_str("</tr></thead><tbody>")?;
    for row in rows {
        f.write_str("<tr>")?;
        for cell in row {
            write!(f, "<td>{}</td>", Text(&cell))?;
        }
        f.write_str("</tr>")?;
    }
    f.write_str("</tbody></table>")
}
