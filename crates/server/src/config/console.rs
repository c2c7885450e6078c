//! The web console.

/// The web console.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Console {
    /// Whether browsers that open an address of `server.listen` get the web console. Without it, the APIs stay as they are, and the links of
    /// invitations and password resets lead to no page.
    #[config(default = true, env = "OLIVINE_CONSOLE")]
    pub enabled: bool,
}
