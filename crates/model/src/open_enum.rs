//! Enums of names that the service may add to.

use std::fmt;

/// A name that was not known when this library was written; it is kept and given back unchanged.
///
/// Only the enums of this crate make one, and only for a name that none of their variants has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownName(Box<str>);

impl UnknownName {
    pub(crate) fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Defines an enum with the given names and one variant for every other.
macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        $enum:ident { $( $(#[$variant_doc:meta])* $variant:ident = $name:literal, )* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $enum {
            $( $(#[$variant_doc])* $variant, )*
            /// A name that this version does not know.
            Unknown($crate::UnknownName),
        }

        impl $enum {
            /// Every name that this version knows, in the order of the API page.
            pub const KNOWN: &'static [Self] = &[$( Self::$variant, )*];

            /// The name on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $name, )*
                    Self::Unknown(name) => name.as_str(),
                }
            }

            /// Whether this version knows the name.
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }
        }

        /// Never fails: another name becomes `Unknown` and keeps its text. Case counts.
        impl From<&str> for $enum {
            fn from(name: &str) -> Self {
                match name {
                    $( $name => Self::$variant, )*
                    _ => Self::Unknown($crate::UnknownName::new(name)),
                }
            }
        }

        impl From<String> for $enum {
            fn from(name: String) -> Self {
                Self::from(name.as_str())
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Name;

                impl serde::de::Visitor<'_> for Name {
                    type Value = $enum;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a name")
                    }

                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<$enum, E> {
                        Ok($enum::from(name))
                    }
                }

                deserializer.deserialize_str(Name)
            }
        }
    };
}

pub(crate) use open_enum;
