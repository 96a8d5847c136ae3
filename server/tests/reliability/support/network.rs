//! A machine of its own for the program, as far as the network is concerned: a network namespace with two lines to here.
//!
//! One line is for the load, over the other the program finds its database. Cutting that one is silent: the address at our
//! end is gone, what is sent there gets no answer of any kind.

use std::{net::Ipv4Addr, process::Command};

/// The namespace and its lines; removed when dropped.
pub(crate) struct Network {
    name: String,
    /// Of 198.18.0.0/15, which RFC 2544 sets aside for tests.
    third_octet: u8,
}

impl Network {
    /// `None`, and a word of it, where that is not permitted.
    pub(crate) fn make() -> Option<Self> {
        let pid = std::process::id();
        let network = Self {
            name: format!("tf{pid}"),
            third_octet: (pid % 250) as u8,
        };
        let Self { name, .. } = &network;
        if !ip(&format!("netns add {name}")) {
            println!("NOT RUN: R7 needs to make a network namespace, which this user may not");
            return None;
        }
        for (line, outside, inside) in [
            ("a", network.load_address(), network.program_address()),
            ("b", network.database_address(), network.inner_end()),
        ] {
            for step in [
                format!("link add {name}{line} type veth peer name {name}{line} netns {name}"),
                format!("addr add {outside}/30 dev {name}{line}"),
                format!("link set {name}{line} up"),
                format!("-n {name} addr add {inside}/30 dev {name}{line}"),
                format!("-n {name} link set {name}{line} up"),
            ] {
                assert!(ip(&step), "ip {step}");
            }
        }
        Some(network)
    }

    /// Starts a program in there: what to put before it.
    pub(crate) fn wrapper(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.name]
    }

    /// Where the program listens.
    pub(crate) fn program_address(&self) -> Ipv4Addr {
        self.address(2)
    }

    /// Where the program finds its database.
    pub(crate) fn database_address(&self) -> Ipv4Addr {
        self.address(5)
    }

    /// Where the load comes from.
    pub(crate) fn load_address(&self) -> Ipv4Addr {
        self.address(1)
    }

    fn inner_end(&self) -> Ipv4Addr {
        self.address(6)
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.third_octet, last)
    }

    /// Between program and database nothing arrives any more.
    pub(crate) fn cut(&self) {
        self.change_database_line("del");
    }

    pub(crate) fn mend(&self) {
        self.change_database_line("add");
    }

    fn change_database_line(&self, action: &str) {
        let (address, name) = (self.database_address(), &self.name);
        assert!(ip(&format!("addr {action} {address}/30 dev {name}b")));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Its lines go with it.
        ip(&format!("netns del {}", self.name));
    }
}

fn ip(arguments: &str) -> bool {
    let ran = Command::new("ip").args(arguments.split(' ')).output();
    ran.is_ok_and(|ran| ran.status.success())
}
