//! What a request costs bare hyper on each of tokio's runtimes, with and without TLS, over HTTP/1.1 and HTTP/2.
//!
//! The load costs its core more than the server's is used over HTTP/2 and TLS: the figure is the processor time.

use anyhow::Result;

use super::Bench;
use crate::child::Server;
use crate::floors::hyper::{Scheduler, Version};
use crate::load::drive_over;
use crate::plan::Plan;
use crate::report::{Figure, Finding};
use crate::tls;
use crate::turns::{Turn, take_turns};

pub(super) const BENCH: Bench = Bench { name: "runtimes", run };

const WAYS: [(bool, Version); 4] =
    [(false, Version::Http1), (false, Version::Http2), (true, Version::Http1), (true, Version::Http2)];

/// Something of a bearer's length; bare hyper does not look at it.
const BEARER: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    tls::make(folder.path())?;
    let mut servers = Vec::new();
    for (encrypted, version) in WAYS {
        for scheduler in [Scheduler::CurrentThread, Scheduler::MultiThread] {
            let certificate = encrypted.then_some(folder.path());
            servers.push((
                Server::hyper_as(plan, scheduler, version, certificate)?,
                scheduler,
                version,
                certificate,
            ));
        }
    }
    let turns: Vec<Turn<'_>> = servers
        .iter()
        .map(|(server, scheduler, version, certificate)| {
            let way = way(certificate.is_some(), *version);
            Turn::subject(format!("{way}, {}", scheduler.name()), move || {
                drive_over(plan, server.target(), *version, (*certificate, BEARER))
            })
        })
        .collect();
    let sides = take_turns(plan, BENCH.name, &turns)?;
    let mut finding = Finding::new(BENCH.name);
    for (pair, (encrypted, version)) in sides.chunks(2).zip(WAYS) {
        if let [current, multi] = pair {
            let label = format!("CPU: multi-thread / current-thread, {}", way(encrypted, version));
            finding = finding.with(Figure::ratio(label, multi.cpu_against(current)));
        }
    }
    Ok(finding.with_sides(sides))
}

fn way(encrypted: bool, version: Version) -> String {
    let version = match version {
        Version::Http1 => "HTTP/1.1",
        Version::Http2 => "HTTP/2",
    };
    format!("{version} {}", if encrypted { "over TLS" } else { "in clear" })
}
