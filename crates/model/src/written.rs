//! Short texts that are written often: on the stack, without an allocation.

use std::fmt::{self, Write};
use std::net::IpAddr;

/// The longest: an IPv6 address with an IPv4 tail has 45 bytes.
const CAPACITY: usize = 48;

/// A text of at most 48 ASCII bytes.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Written {
    pub(crate) fn new() -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
        }
    }

    /// What `value` is displayed as.
    ///
    /// # Panics
    ///
    /// When that is longer than 48 bytes, or not ASCII.
    pub(crate) fn of(value: impl fmt::Display) -> Self {
        let mut written = Self::new();
        write!(written, "{value}").expect("the text is short");
        written
    }

    /// An address in its canonical form.
    pub(crate) fn address(address: IpAddr) -> Self {
        let IpAddr::V4(v4) = address else {
            return Self::of(address);
        };
        let mut written = Self::new();
        for (at, octet) in v4.octets().into_iter().enumerate() {
            if at > 0 {
                written.push(b'.');
            }
            let digits = 1 + usize::from(octet > 9) + usize::from(octet > 99);
            written.push_number(octet.into(), digits);
        }
        written
    }

    /// Adds `value` with `digits` decimal digits; further ones are left out.
    pub(crate) fn push_number(&mut self, value: u32, digits: usize) {
        let mut rest = value;
        for at in (self.length..self.length + digits).rev() {
            self.bytes[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.length += digits;
    }

    /// Adds one ASCII character.
    pub(crate) fn push(&mut self, sign: u8) {
        self.bytes[self.length] = sign;
        self.length += 1;
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("only ASCII is written")
    }
}

impl Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn the_longest_address_has_room() {
        let longest = IpAddr::from(Ipv6Addr::new(
            0x1111, 0x2222, 0x3333, 0x4444, 0x5555, 0x6666, 0x7777, 0x8888,
        ));
        assert_eq!(Written::address(longest).as_str(), longest.to_string());
        let mut written = Written::new();
        assert!(written.write_str(&"a".repeat(CAPACITY)).is_ok());
        assert!(written.write_str("a").is_err());
    }

    #[test]
    fn an_address_is_in_canonical_form() {
        for octet in 0..=255 {
            let address = IpAddr::from([octet, 0, 10, 255 - octet]);
            assert_eq!(Written::address(address).as_str(), address.to_string());
        }
    }

    #[test]
    fn numbers_have_leading_zeros() {
        let mut written = Written::new();
        written.push_number(7, 3);
        written.push(b'-');
        written.push_number(2024, 4);
        assert_eq!(written.as_str(), "007-2024");
    }
}
