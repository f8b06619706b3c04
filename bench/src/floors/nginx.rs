//! nginx: one worker, answers the same 200 constant bytes to everything, writes no log.

use std::fs;

use anyhow::Result;
use tempfile::TempDir;

use super::hyper::BODY;
use crate::child::{Foreign, Target, find, free_address};
use crate::plan::Plan;
use crate::report::Missing;

/// What it is called in tables.
pub(crate) const WHAT: &str = "nginx";

/// nginx at work.
pub(crate) struct Nginx {
    foreign: Foreign,
    _folder: TempDir,
}

impl Nginx {
    /// Starts it, if it is installed.
    pub(crate) fn start(plan: &Plan) -> Result<Result<Self, Missing>> {
        let program = match find(WHAT, "nginx", "nginx") {
            Ok(program) => program,
            Err(missing) => return Ok(Err(missing)),
        };
        let folder = plan.new_folder()?;
        let (home, address) = (folder.path().display().to_string(), free_address()?);
        let path = folder.path().join("nginx.conf");
        fs::write(&path, configuration(&home, &address.to_string()))?;
        let arguments = ["-p", &home, "-c", &path.display().to_string(), "-e", "stderr"];
        let log = folder.path().join("nginx.log");
        let foreign = Foreign::start(plan, &program, &arguments, (address, &log))?;
        Ok(Ok(Self { foreign, _folder: folder }))
    }

    /// Its worker.
    pub(crate) fn target(&self) -> Result<Target> {
        self.foreign.target_of_its_worker()
    }
}

fn configuration(home: &str, address: &str) -> String {
    let body = String::from_utf8_lossy(BODY);
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {home}/{kind};\n"))
        .concat();
    format!(
        "daemon off;\n\
         worker_processes 1;\n\
         pid {home}/nginx.pid;\n\
         error_log stderr;\n\
         events {{ worker_connections 20000; }}\n\
         http {{\n{temporary}    access_log off;\n    keepalive_requests 4000000000;\n    \
         server {{\n        listen {address};\n        location / {{ default_type text/plain; return 200 \"{body}\"; }}\n    \
         }}\n}}\n"
    )
}
