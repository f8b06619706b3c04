//! Values that somebody keeps for us: sealed as text, so that nothing is stored for them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use vestibule_crypto::SealContext;
use zeroize::Zeroizing;

use crate::service::Auth;

impl Auth {
    /// Something sealed as text: letters, digits, `-` and `_`.
    pub(crate) fn seal_text(&self, context: &SealContext<'_>, value: &impl Serialize) -> String {
        let plain = Zeroizing::new(serde_json::to_vec(value).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(self.keys.sealer().seal(&*self.rng, context, &plain))
    }

    /// What was sealed so; None: it was not, or not here.
    pub(crate) fn open_text<T: for<'de> Deserialize<'de>>(
        &self,
        context: &SealContext<'_>,
        text: &str,
    ) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let plain = self.keys.sealer().open(context, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}
