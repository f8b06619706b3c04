//! What the data directory tells to those who scrape metrics, and on the console: how large the database is, and how old its last backup.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use vestibule_model::Millis;

use crate::data_dir::DataDir;

/// Looks at the files when somebody asks.
#[derive(Clone, Debug)]
pub(crate) struct DataMetrics {
    database: PathBuf,
    log: PathBuf,
    last_backup: PathBuf,
}

impl DataMetrics {
    pub(crate) fn of(data_dir: &Path) -> Self {
        let data = DataDir::at(data_dir);
        let database = data.database();
        let mut log = database.clone().into_os_string();
        log.push("-wal");
        Self { database, log: log.into(), last_backup: data.last_backup() }
    }

    /// The size of the database with its write-ahead log, in bytes; None: there is none here.
    pub(crate) fn database_bytes(&self) -> Option<u64> {
        let database = fs::metadata(&self.database).ok()?.len();
        let log = fs::metadata(&self.log).map_or(0, |found| found.len());
        Some(database.saturating_add(log))
    }

    /// When the last backup was made; None: none is known.
    pub(crate) fn last_backup(&self) -> Option<Millis> {
        millis(&self.last_backup).map(Millis::from_unix)
    }

    pub(crate) fn register(self, registry: &mut Registry) {
        registry.register_collector(Box::new(self));
    }
}

impl Collector for DataMetrics {
    fn encode(&self, mut out: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let gauges = [
            ("database_size", "Size of the database", Unit::Bytes, size(&self.database)),
            (
                "database_log_size",
                "Size of the database's write-ahead log, which is folded into it",
                Unit::Bytes,
                size(&self.log),
            ),
            (
                "last_backup_timestamp",
                "When the last backup of this data directory was made, in seconds since 1970, 0 if never",
                Unit::Seconds,
                time(&self.last_backup),
            ),
        ];
        for (name, help, unit, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(out.encode_descriptor(name, help, Some(&unit), gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// In bytes; of a file that is not there 0.
fn size(path: &Path) -> i64 {
    fs::metadata(path).map_or(0, |found| i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// In seconds; of a file that is not there, or has no time in it, 0.
fn time(path: &Path) -> i64 {
    millis(path).map_or(0, |millis| millis.div_euclid(1_000))
}

/// In milliseconds since 1970; None: the file is not there, or has no time in it.
fn millis(path: &Path) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_0() {
        let folder = tempfile::tempdir().unwrap();
        let metrics = DataMetrics::of(folder.path());
        assert_eq!([size(&metrics.database), size(&metrics.log), time(&metrics.last_backup)], [0; 3]);
        assert_eq!((metrics.database_bytes(), metrics.last_backup()), (None, None));
    }

    #[test]
    fn files_are_measured_and_the_time_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let metrics = DataMetrics::of(folder.path());
        fs::write(&metrics.database, [0; 4_096]).unwrap();
        fs::write(&metrics.log, [0; 32]).unwrap();
        fs::write(&metrics.last_backup, "1790000000123\n").unwrap();
        let read = [size(&metrics.database), size(&metrics.log), time(&metrics.last_backup)];
        assert_eq!(read, [4_096, 32, 1_790_000_000]);
        let told = (metrics.database_bytes(), metrics.last_backup());
        assert_eq!(told, (Some(4_128), Some(Millis::from_unix(1_790_000_000_123))));
    }
}
