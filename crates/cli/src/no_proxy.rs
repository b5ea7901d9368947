//! `NO_PROXY`, as curl and others read it.

use std::net::IpAddr;

/// The hosts that are reached without a proxy.
///
/// A comma-separated list of host names, each of which covers its subdomains too (with or without a dot before it), of IP
/// addresses, and of networks like `10.0.0.0/8`; `*` covers everything.
#[derive(Debug)]
pub(crate) struct NoProxy {
    entries: Vec<Entry>,
}

#[derive(Debug, PartialEq)]
enum Entry {
    Everything,
    Domain(String),
    Network { address: IpAddr, prefix: u32 },
}

impl NoProxy {
    pub(crate) fn parse(text: &str) -> Self {
        Self {
            entries: text
                .split(',')
                .filter_map(|entry| Entry::parse(entry.trim()))
                .collect(),
        }
    }

    pub(crate) fn covers(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = bare.parse().ok();
        self.entries.iter().any(|entry| entry.covers(host, address))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(Self::Network {
                address,
                prefix: bits(address),
            });
        }
        if let Some((address, prefix)) = text.split_once('/')
            && let (Ok(address), Ok(prefix)) = (address.parse::<IpAddr>(), prefix.parse())
        {
            return (prefix <= bits(address)).then_some(Self::Network { address, prefix });
        }
        let domain = text.trim_start_matches('.').to_ascii_lowercase();
        (!domain.is_empty()).then_some(Self::Domain(domain))
    }

    fn covers(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::Everything => true,
            Self::Network {
                address: network,
                prefix,
            } => address.is_some_and(|address| in_network(address, *network, *prefix)),
            Self::Domain(domain) => {
                let host = host.to_ascii_lowercase();
                host == *domain
                    || host
                        .strip_suffix(domain.as_str())
                        .is_some_and(|rest| rest.ends_with('.'))
            }
        }
    }
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn in_network(address: IpAddr, network: IpAddr, prefix: u32) -> bool {
    // Both kinds of addresses as 128 bits from the left, so that one mask fits both.
    let from_the_left = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
    address.is_ipv4() == network.is_ipv4() && (from_the_left(address) ^ from_the_left(network)) & mask == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_covers_what_it_names() {
        let list = NoProxy::parse(
            "localhost, .internal.example,corp.test, 10.0.0.0/8,192.0.2.7,2001:db8::/32,, ::1",
        );
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST", true),
            ("internal.example", true),
            ("a.b.internal.example", true),
            ("notinternal.example", false),
            ("corp.test", true),
            ("x.corp.test", true),
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("[2001:db8:1::1]", true),
            ("[2001:db9::1]", false),
            ("[::1]", true),
            ("workspace.cn-north-4.myhuaweicloud.com", false),
            ("", false),
        ] {
            assert_eq!(list.covers(host), expected, "{host}");
        }
        assert!(NoProxy::parse("*").covers("anything"));
        assert!(NoProxy::parse("0.0.0.0/0").covers("8.8.8.8"));
        assert!(!NoProxy::parse("0.0.0.0/0").covers("[::1]"));
        assert!(!NoProxy::parse("10.0.0.0/33").covers("10.0.0.1"));
    }
}
