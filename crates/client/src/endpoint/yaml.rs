//! A YAML text as nodes that know their place.
//!
//! The parser gives events and expands no alias. Nodes are kept in one vector and name each other by their index, so
//! an alias costs one number however much it stands for, nothing here recurses, and a node that contains itself does
//! no harm to a reader that goes only as deep as it expects.

use std::collections::HashMap;
use std::fmt;

use granit_parser::{Event, Marker, Parser, ScalarStyle};

/// Deepest nesting. A regions file needs four levels; other services may have more to say in theirs.
const MOST_LEVELS: usize = 32;

/// Where something stands in the text; both numbers begin with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    column: usize,
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Place,
    pub(super) problem: String,
}

/// The first document of a text.
#[derive(Debug, Default)]
pub(super) struct Document {
    nodes: Vec<Node>,
    root: Option<NodeId>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct NodeId(usize);

#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<NodeId>),
    Mapping(Vec<(NodeId, NodeId)>),
}

/// A list or a mapping whose end has not come.
struct Open {
    node: NodeId,
    key: Option<NodeId>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: MOST_LEVELS,
            block_nesting_limit: MOST_LEVELS,
        };
        let mut document = Self::default();
        let mut anchors: HashMap<usize, NodeId> = HashMap::new();
        let mut open: Vec<Open> = Vec::new();
        for step in Parser::new_from_str_with_options(text, options) {
            let (event, span) = step.map_err(|error| Fault {
                at: Place::from(error.marker()),
                problem: format!("this is not YAML: {}", error.info()),
            })?;
            let at = Place::from(&span.start);
            let (value, anchor) = match event {
                Event::DocumentStart(..) if document.root.is_some() => {
                    return Err(at.fault("a second document begins here; one is expected"));
                }
                Event::Alias(id) => {
                    let target = anchors
                        .get(&id)
                        .ok_or_else(|| at.fault("this alias has no anchor"))?;
                    document.place(*target, &mut open);
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    continue;
                }
                Event::Scalar(text, style, anchor, _) => (Value::scalar(&text, style), anchor),
                Event::SequenceStart(_, anchor, _) => (Value::List(Vec::new()), anchor),
                Event::MappingStart(_, anchor, _) => (Value::Mapping(Vec::new()), anchor),
                _ => continue,
            };
            let opens = matches!(value, Value::List(_) | Value::Mapping(_));
            let node = NodeId(document.nodes.len());
            document.nodes.push(Node { at, value });
            // Number 0 stands for no anchor.
            if anchor != 0 {
                anchors.insert(anchor, node);
            }
            document.place(node, &mut open);
            if opens {
                open.push(Open { node, key: None });
            }
        }
        Ok(document)
    }

    /// The outermost node; none in a text without content.
    pub(super) fn root(&self) -> Option<&Node> {
        self.root.map(|id| self.node(id))
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Puts a node where it stands: into the innermost open list or mapping, else at the root.
    fn place(&mut self, node: NodeId, open: &mut [Open]) {
        let Some(parent) = open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut self.nodes[parent.node.0].value {
            Value::List(items) => items.push(node),
            Value::Mapping(pairs) => match parent.key.take() {
                Some(key) => pairs.push((key, node)),
                None => parent.key = Some(node),
            },
            Value::Null | Value::Text(_) => {}
        }
    }
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What the node is, for an error that expected something else.
    pub(super) fn what(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}

impl Value {
    /// Nothing is ever a number or a boolean here: what is not null is the text as it was written.
    fn scalar(text: &str, style: ScalarStyle) -> Self {
        if style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            Self::Null
        } else {
            Self::Text(text.to_owned())
        }
    }
}

impl Place {
    pub(super) fn fault(self, problem: impl Into<String>) -> Fault {
        Fault {
            at: self,
            problem: problem.into(),
        }
    }
}

impl From<&Marker> for Place {
    fn from(marker: &Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}
