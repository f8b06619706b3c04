//! The settings that there are. What they mean is written in `config.default.toml`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use vestibule_auth::TrafficRetention;
use vestibule_crypto::{Argon2Params, Engine};
use vestibule_model::{AccountId, HostPort, Network, SecondFactorPolicy};

use super::listen_address::ListenAddress;
use super::log_levels::LogLevels;
use super::values::{Parsed, folder, milliseconds, optional};
use crate::origins::Origin;

/// All settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: ServerSettings,
    pub(crate) admin: AdminSettings,
    pub(crate) limits: LimitSettings,
    pub(crate) login: LoginSettings,
    pub(crate) hashing: HashingSettings,
    pub(crate) sessions: SessionSettings,
    pub(crate) durability: DurabilitySettings,
    pub(crate) audit: AuditSettings,
    pub(crate) traffic: TrafficSettings,
    pub(crate) livevox: LivevoxSettings,
    pub(crate) gateways: GatewaySettings,
    pub(crate) outgoing: OutgoingSettings,
    pub(crate) pages: PagesSettings,
    pub(crate) log: LogSettings,
    pub(crate) master_key: MasterKeySettings,
}

/// `[server]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerSettings {
    #[serde(deserialize_with = "optional")]
    pub(crate) http: Option<ListenAddress>,
    #[serde(deserialize_with = "optional")]
    pub(crate) https: Option<ListenAddress>,
    pub(crate) admin: Parsed<ListenAddress>,
    pub(crate) admin_behind_tls: bool,
    #[serde(deserialize_with = "folder")]
    pub(crate) data_dir: PathBuf,
    #[serde(deserialize_with = "optional")]
    pub(crate) tls_certificate: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub(crate) tls_key: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub(crate) admin_tls_certificate: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub(crate) admin_tls_key: Option<PathBuf>,
    #[serde(rename = "tls_reload_interval_ms", deserialize_with = "milliseconds")]
    pub(crate) tls_reload_interval: Duration,
    #[serde(deserialize_with = "optional")]
    pub(crate) public_address: Option<HostPort>,
    pub(crate) trusted_proxies: Vec<Parsed<Network>>,
    pub(crate) cors_origins: Vec<Parsed<Origin>>,
    pub(crate) workers: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    #[serde(rename = "shutdown_grace_ms", deserialize_with = "milliseconds")]
    pub(crate) shutdown_grace: Duration,
}

/// `[admin]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminSettings {
    #[serde(deserialize_with = "optional")]
    pub(crate) public_origin: Option<Origin>,
    pub(crate) second_factor: Parsed<SecondFactorPolicy>,
}

/// `[limits]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitSettings {
    pub(crate) body_bytes: usize,
    #[serde(rename = "body_timeout_ms", deserialize_with = "milliseconds")]
    pub(crate) body_timeout: Duration,
    pub(crate) unread_body_bytes: usize,
    pub(crate) header_bytes: usize,
    #[serde(rename = "header_timeout_ms", deserialize_with = "milliseconds")]
    pub(crate) header_timeout: Duration,
    #[serde(rename = "idle_timeout_ms", deserialize_with = "milliseconds")]
    pub(crate) idle_timeout: Duration,
    pub(crate) http2_streams: u32,
    #[serde(rename = "http2_ping_interval_ms", deserialize_with = "milliseconds")]
    pub(crate) http2_ping_interval: Duration,
}

/// `[login]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginSettings {
    pub(crate) failures_per_minute: u32,
    pub(crate) failure_burst: u32,
    pub(crate) blocked_accounts: Vec<AccountId>,
    pub(crate) blocked_user_names: Vec<String>,
}

/// `[hashing]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HashingSettings {
    pub(crate) engine: Parsed<Engine>,
    pub(crate) memory_kib: u32,
    pub(crate) iterations: u32,
    pub(crate) parallelism: u32,
    pub(crate) threads: usize,
    pub(crate) queue_length: usize,
    #[serde(rename = "queue_deadline_ms", deserialize_with = "milliseconds")]
    pub(crate) queue_deadline: Duration,
}

impl HashingSettings {
    /// The cost of new hashes.
    pub(crate) const fn params(&self) -> Argon2Params {
        let Self { memory_kib, iterations, parallelism, .. } = *self;
        Argon2Params { memory_kib, iterations, parallelism }
    }
}

/// `[sessions]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionSettings {
    #[serde(rename = "touch_interval_ms", deserialize_with = "milliseconds")]
    pub(crate) touch: Duration,
    #[serde(rename = "sweep_interval_ms", deserialize_with = "milliseconds")]
    pub(crate) sweep: Duration,
    #[serde(rename = "follow_interval_ms", deserialize_with = "milliseconds")]
    pub(crate) follow: Duration,
}

/// `[durability]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DurabilitySettings {
    #[serde(deserialize_with = "optional")]
    pub(crate) end_journal: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub(crate) witness: Option<PathBuf>,
}

/// `[audit]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditSettings {
    pub(crate) retention_days: u32,
}

impl AuditSettings {
    /// How long entries are kept; None: for ever.
    pub(crate) fn retention(&self) -> Option<Duration> {
        (self.retention_days > 0).then(|| Duration::from_hours(24 * u64::from(self.retention_days)))
    }
}

/// `[traffic]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrafficSettings {
    pub(crate) keep_days: u32,
    pub(crate) keep_months: u32,
}

impl TrafficSettings {
    pub(crate) const fn retention(&self) -> TrafficRetention {
        TrafficRetention { keep_days: self.keep_days, keep_months: self.keep_months }
    }
}

/// `[livevox]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LivevoxSettings {
    pub(crate) bearer_application_token: bool,
}

/// `[gateways]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewaySettings {
    pub(crate) networks: Vec<Parsed<Network>>,
    pub(crate) return_origins: Vec<Parsed<Origin>>,
    #[serde(deserialize_with = "optional")]
    pub(crate) grpc: Option<ListenAddress>,
    pub(crate) grpc_tls: bool,
}

/// `[outgoing]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutgoingSettings {
    pub(crate) allowed_networks: Vec<Parsed<Network>>,
}

/// `[pages]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PagesSettings {
    pub(crate) enabled: bool,
    pub(crate) listener: Parsed<PagesListener>,
}

/// Which listener has the pages for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PagesListener {
    /// That of clients.
    Public,
    /// That of operators.
    Admin,
}

impl FromStr for PagesListener {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "public" => Ok(Self::Public),
            "admin" => Ok(Self::Admin),
            other => Err(format!("there is no listener \"{other}\": write \"public\" or \"admin\"")),
        }
    }
}

/// `[log]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSettings {
    pub(crate) level: Parsed<LogLevels>,
    pub(crate) format: Parsed<LogFormat>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Human on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// For programs.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            other => Err(format!("there is no format \"{other}\": write \"auto\", \"human\" or \"json\"")),
        }
    }
}

/// `[master_key]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MasterKeySettings {
    #[serde(deserialize_with = "optional")]
    pub(crate) file: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub(crate) environment: Option<String>,
}
