//! Addresses as they stand in rows: 4 or 16 bytes.

use std::net::IpAddr;

use rusqlite::Row;
use rusqlite::types::Type;

/// The address in the column at this place, if there is one.
pub(super) fn address(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<IpAddr>> {
    let Some(octets) = row.get_ref(index)?.as_blob_or_null()? else { return Ok(None) };
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Ok(Some(octets.into()));
    }
    match <[u8; 16]>::try_from(octets) {
        Ok(octets) => Ok(Some(octets.into())),
        Err(error) => Err(rusqlite::Error::FromSqlConversionFailure(index, Type::Blob, Box::new(error))),
    }
}
