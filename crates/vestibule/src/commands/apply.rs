//! `vestibule apply`: accounts, users and keys from a file.

use std::fs;
use std::io;
use std::path::Path;

use vestibule_crypto::{KeyRing, MasterKeys, OsRng};
use vestibule_model::Clock;

use super::{operator, small_runtime};
use crate::apply::{self as engine, Declared, Plan, Present, Tools};
use crate::clock::SystemClock;
use crate::command_line::ApplyArguments;
use crate::config::{self, Config, Flags};
use crate::data_dir::DataDir;
use crate::input_error::InputError;
use crate::witness::{self, Use};
use crate::{master_key, screen};

/// Applies the file, or says what that would do.
pub(crate) fn apply(arguments: &ApplyArguments) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    let (declared, source) = read(&arguments.file)?;
    if arguments.dry_run {
        show_dry_run(&dry_run(&config, &declared, &source)?);
    } else {
        show(&run(&config, &declared, &source)?);
    }
    Ok(())
}

/// What is declared, and what messages call its place. A dash is standard input, as for other programs.
fn read(file: &Path) -> Result<(Declared, String), InputError> {
    let is_input = file == Path::new("-");
    let shown = if is_input { Path::new("standard input") } else { file };
    let text = if is_input { io::read_to_string(io::stdin()) } else { fs::read_to_string(file) };
    let text = text.map_err(|error| InputError::new(shown.display(), error))?;
    Ok((Declared::read(shown, &text)?, shown.display().to_string()))
}

fn run(config: &Config, declared: &Declared, source: &str) -> anyhow::Result<Plan> {
    let planned = first_plan(config, declared, source)?;
    let data = DataDir::open(&config.server.data_dir)?;
    let first_time = !data.master_key().exists();
    let keys = match &planned {
        Some(planned) => master_key::load_or_keep(&config.master_key, &data, &planned.keys)?,
        None => master_key::load(&config.master_key, &data)?,
    };
    if first_time && data.master_key().exists() {
        let path = data.master_key();
        screen::complain(format_args!("made {}; keep a copy apart from the database's", path.display()));
    }
    let store = witness::open_store(config, &data, &keys, Use::Leave)?;
    let mut tools = tools(config, &keys);
    // Another process may have put another key there meanwhile, under which what was planned is good for nothing.
    let planned = planned.filter(|planned| planned.ring().check_values() == keys.check_values());
    small_runtime()?.block_on(async {
        match planned {
            Some(FirstPlan { plan, .. }) => {
                engine::apply_planned(&store, &mut tools, declared, source, plan).await
            }
            None => engine::apply(&store, &mut tools, declared, source).await,
        }
    })
}

/// What would be done where there is no database yet.
struct FirstPlan {
    /// Those that are there, or new ones.
    keys: MasterKeys,
    plan: Plan,
}

impl FirstPlan {
    fn ring(&self) -> KeyRing {
        KeyRing::new(&self.keys)
    }
}

/// Judges the file before anything is made, not even a data directory. None: there is a database.
fn first_plan(config: &Config, declared: &Declared, source: &str) -> anyhow::Result<Option<FirstPlan>> {
    let data = DataDir::at(&config.server.data_dir);
    if data.database().exists() {
        return Ok(None);
    }
    let there = master_key::check(&config.master_key, &data)?;
    let keys = there.unwrap_or_else(|| MasterKeys::generate(&OsRng));
    let mut tools = tools(config, &KeyRing::new(&keys));
    let plan = engine::plan_over(&Present::default(), &mut tools, declared, source)?;
    Ok(Some(FirstPlan { keys, plan }))
}

/// Makes nothing, not even a data directory.
fn dry_run(config: &Config, declared: &Declared, source: &str) -> anyhow::Result<Plan> {
    if let Some(FirstPlan { plan, .. }) = first_plan(config, declared, source)? {
        return Ok(plan);
    }
    let data = DataDir::open_existing(&config.server.data_dir)?;
    let keys = master_key::load(&config.master_key, &data)?;
    let store = witness::open_store(config, &data, &keys, Use::LeaveAsItIs)?;
    let mut tools = tools(config, &keys);
    small_runtime()?.block_on(engine::plan(&store, &mut tools, declared, source))
}

fn tools(config: &Config, keys: &KeyRing) -> Tools<'static> {
    Tools::new(keys, &OsRng, SystemClock.now(), operator(), &config.hashing)
}

fn show(plan: &Plan) {
    show_lines(plan);
    if plan.generated.is_empty() {
        return;
    }
    screen::say("\nGenerated, and shown this once only:");
    for secret in &plan.generated {
        screen::say(format_args!("  {}: {} = {:?}", secret.owner, secret.name, secret.value));
    }
}

fn show_dry_run(plan: &Plan) {
    if !plan.lines.is_empty() {
        screen::say("would change:");
    }
    show_lines(plan);
    for secret in &plan.generated {
        screen::say(format_args!("  {}: {} would be generated", secret.owner, secret.name));
    }
}

fn show_lines(plan: &Plan) {
    if plan.lines.is_empty() {
        screen::say("= nothing to change");
    }
    plan.lines.iter().for_each(screen::say);
    plan.notes.iter().for_each(screen::complain);
}
