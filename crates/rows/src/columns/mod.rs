//! Which header means which field.

mod names;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::{Field, Limits};
use names::NAMES;

/// The known headers of columns, and what they mean.
///
/// **Which headers the service writes into an export is not documented.** The table therefore holds *known names*: the
/// fields of the API (`login_user`, and `user_name`, as the filter calls it), what they are called in English and in
/// Chinese. A header is compared without case, blanks and punctuation, so `Login User`, `login-user` and `LOGIN_USER` are
/// the same. What no name matches is kept as a column that is not understood, never dropped, and
/// [`with`](Self::with) teaches the table a further name.
///
/// ```
/// use session_export_rows::{Columns, Field};
///
/// let columns = Columns::known().with("Wer", Field::LoginUser);
/// assert_eq!(columns.field("wer"), Some(Field::LoginUser));
/// assert_eq!(columns.field("开始时间"), Some(Field::StartTime));
/// assert_eq!(columns.field("Kostenstelle"), None);
/// ```
#[derive(Clone, Debug)]
pub struct Columns {
    names: HashMap<String, Field>,
}

impl Columns {
    /// The known names.
    pub fn known() -> Self {
        let mut names = HashMap::new();
        for field in Field::ALL {
            names.insert(key(field.name()), *field);
        }
        for (field, list) in NAMES {
            for name in *list {
                names.insert(key(name), *field);
            }
        }
        Self { names }
    }

    /// Adds a name, or gives a known one another meaning. A name without letters or digits means nothing and is ignored.
    #[must_use]
    pub fn with(mut self, header: &str, field: Field) -> Self {
        let key = key(header);
        if !key.is_empty() {
            self.names.insert(key, field);
        }
        self
    }

    /// What a header means.
    pub fn field(&self, header: &str) -> Option<Field> {
        self.names.get(&key(header)).copied()
    }
}

impl Default for Columns {
    fn default() -> Self {
        Self::known()
    }
}

/// A header without what does not count in a comparison. Full-width letters and digits are taken for ordinary ones.
fn key(header: &str) -> String {
    header
        .chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        })
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A column of a file.
///
/// Two columns never have the same name: a second one is called `name (2)`, and one without a header `column 7`, after
/// its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: Arc<str>,
    field: Option<Field>,
}

impl Column {
    /// The header, or what stands for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it means; none if it is not understood.
    pub fn field(&self) -> Option<Field> {
        self.field
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.name
    }
}

/// Gives the columns of files names and meanings; the first column of a meaning has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naming {
    columns: Columns,
}

impl Naming {
    pub(crate) fn new(columns: Columns) -> Self {
        Self { columns }
    }

    /// The columns of one header.
    pub(crate) fn of_header<'a>(&self, headers: impl Iterator<Item = &'a str>) -> Vec<Column> {
        let mut named = Vec::new();
        let mut taken = Taken::default();
        for header in headers {
            let header = header.trim();
            named.push(self.column(header, named.len() + 1, &mut taken));
        }
        named
    }

    /// The next column of a file whose header is not known in full beforehand.
    pub(crate) fn column(&self, header: &str, place: usize, taken: &mut Taken) -> Column {
        let field = self.columns.field(header);
        if let Some(field) = field
            && taken.take(field.name())
        {
            return Column {
                name: header.into(),
                field: Some(field),
            };
        }
        let base = if header.is_empty() {
            format!("column {place}")
        } else {
            header.to_owned()
        };
        // A name that is understood, but whose meaning is taken, must not be read as that field another time.
        let mut name = base.clone();
        while self.columns.field(&name).is_some() || !taken.take(&name) {
            name = format!("{base} ({})", taken.number(&base));
        }
        Column {
            name: name.into(),
            field: None,
        }
    }
}

/// The names that columns of a file have.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    names: HashSet<Box<str>>,
    /// For a name that was wanted again, the number that was tried last: without it, n equal headers would try n² names.
    numbers: HashMap<Box<str>, usize>,
}

impl Taken {
    /// Whether the name was free.
    fn take(&mut self, name: &str) -> bool {
        !self.names.contains(name) && self.names.insert(name.into())
    }

    /// The next number to tell columns of this name apart, from 2.
    fn number(&mut self, base: &str) -> usize {
        if let Some(number) = self.numbers.get_mut(base) {
            *number += 1;
            return *number;
        }
        self.numbers.insert(base.into(), 2);
        2
    }
}

/// Whether a header has more columns than are allowed.
pub(crate) fn too_many(count: usize, limits: &Limits) -> bool {
    count > limits.columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_two_fields() {
        let mut meanings: HashMap<String, Field> = HashMap::new();
        let own = Field::ALL.iter().map(|field| (*field, field.name()));
        let listed = NAMES
            .iter()
            .flat_map(|(field, list)| list.iter().map(|name| (*field, *name)));
        for (field, name) in own.chain(listed) {
            let other = meanings.insert(key(name), field);
            assert!(
                other.is_none_or(|other| other == field),
                "{name}: {field} and {other:?}"
            );
        }
    }

    #[test]
    fn case_blanks_and_punctuation_do_not_count() {
        let columns = Columns::known();
        for header in [
            "Login User",
            " login-user ",
            "LOGIN_USER",
            "user_name",
            "ＬＯＧＩＮ＿ＵＳＥＲ",
            "登录用户",
        ] {
            assert_eq!(columns.field(header), Some(Field::LoginUser), "{header}");
        }
        for header in ["", "  ", "___", "login user 2", "用户组"] {
            assert_eq!(columns.field(header), None, "{header}");
        }
        assert_eq!(columns.with("--", Field::Id).field(""), None);
    }

    #[test]
    fn columns_have_names_of_their_own() {
        let naming = Naming::default();
        let headers = ["user_name", "login_user", "", "x", "x", "x (2)", "Login User"];
        let columns = naming.of_header(headers.into_iter());
        let found: Vec<_> = columns
            .iter()
            .map(|column| (column.name(), column.field()))
            .collect();
        assert_eq!(
            found,
            [
                ("user_name", Some(Field::LoginUser)),
                ("login_user (2)", None),
                ("column 3", None),
                ("x", None),
                ("x (2)", None),
                ("x (2) (2)", None),
                ("Login User (2)", None),
            ]
        );
    }
}
