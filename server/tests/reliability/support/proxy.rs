//! The network between the program and its database: a TCP proxy whose line can be cut.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
};

/// The state of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Whole,
    /// Nothing comes through, nobody is told; what was on its way arrives when the line is whole again.
    Silent,
    /// Connections end with a reset, new ones at once.
    Reset,
}

/// The proxy; ends with the test's runtime.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    line: watch::Sender<Line>,
}

impl Proxy {
    /// Listens on a free port and carries everything to and from another.
    pub(crate) async fn start(to: u16) -> Self {
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, to));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (line, state) = watch::channel(Line::Whole);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                tokio::spawn(carry(client, to, state.clone()));
            }
        });
        Self { address, line }
    }

    pub(crate) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

/// Carries one connection until one side ends it or the line resets it.
async fn carry(mut client: TcpStream, to: SocketAddr, mut line: watch::Receiver<Line>) {
    let is_reset = {
        let mut state = line.clone();
        tokio::select! {
            _ = line.wait_for(|line| *line == Line::Reset) => true,
            () = exchange(&mut client, to, &mut state) => false,
        }
    };
    if is_reset {
        client.set_zero_linger().expect("an open socket");
    }
}

async fn exchange(client: &mut TcpStream, to: SocketAddr, line: &mut watch::Receiver<Line>) {
    let _ = line.wait_for(|line| *line == Line::Whole).await;
    let Ok(mut server) = TcpStream::connect(to).await else {
        return;
    };
    for stream in [&*client, &server] {
        stream.set_nodelay(true).expect("an open socket");
    }
    let (client_reads, client_writes) = client.split();
    let (server_reads, server_writes) = server.split();
    let state = || line.clone();
    tokio::select! {
        () = forward(client_reads, server_writes, state()) => {}
        () = forward(server_reads, client_writes, state()) => {}
    }
}

async fn forward(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut line: watch::Receiver<Line>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        // The end of the line's owner is that of the test.
        let is_over = line.wait_for(|line| *line == Line::Whole).await.is_err();
        if is_over || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    // The word of the end does not pass a cut line either.
    let _ = line.wait_for(|line| *line == Line::Whole).await;
}
