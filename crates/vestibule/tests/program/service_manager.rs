//! What a service manager is told, over a socket as systemd's.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Folder, Server, vestibule};

/// Longer than anything that is expected to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service manager's end.
struct Manager(UnixDatagram);

impl Manager {
    fn new(folder: &Folder) -> Self {
        let socket = UnixDatagram::bind(folder.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// What it is told next.
    fn told(&self) -> String {
        let mut buffer = [0; 1024];
        let length = self.0.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).trim_end().to_owned()
    }
}

/// A service with this watchdog, in microseconds.
fn managed(folder: &Folder, watchdog: &str) -> Server {
    let socket = folder.path("notify");
    Server::serve(folder, &[("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", watchdog)])
}

#[test]
fn is_told_that_the_service_answers_when_it_does() {
    let folder = Folder::new();
    let manager = Manager::new(&folder);
    let server = managed(&folder, "0");
    assert_eq!(manager.told(), "READY=1");
    assert_eq!(server.get("admin", "/readyz").status, 200);
}

#[test]
fn is_told_again_and_again_when_it_watches() {
    let folder = Folder::new();
    let manager = Manager::new(&folder);
    let _server = managed(&folder, "300000");
    let told: Vec<_> = (0..4).map(|_| manager.told()).collect();
    assert_eq!(told, ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
}

#[test]
fn is_told_that_the_service_stops() {
    let folder = Folder::new();
    let manager = Manager::new(&folder);
    let server = managed(&folder, "0");
    assert_eq!(manager.told(), "READY=1");
    server.signal(Signal::TERM);
    assert_eq!(manager.told(), "STOPPING=1");
    assert_eq!(server.end().code, Some(0));
}

#[test]
fn that_is_gone_stops_no_service() {
    let folder = Folder::new();
    drop(Manager::new(&folder));
    let server = managed(&folder, "300000");
    assert_eq!(server.get("admin", "/readyz").status, 200);
}

#[test]
fn that_is_not_there_is_told_nothing() {
    let folder = Folder::new();
    let mut command = vestibule();
    command.arg("serve").env_remove("NOTIFY_SOCKET").env("WATCHDOG_USEC", "300000");
    command.env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
    command.env("VESTIBULE_SERVER_HTTP", "127.0.0.1:0").env("VESTIBULE_SERVER_ADMIN", "127.0.0.1:0");
    let server = Server::of(command, &folder, "admin  ");
    assert_eq!(server.get("admin", "/readyz").status, 200);
    server.signal(Signal::TERM);
    assert!(!server.end().err.contains("service manager"));
}
