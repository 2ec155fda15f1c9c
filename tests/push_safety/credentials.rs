//! Credentials and settings of all stand-ins.

/// Credentials of all stand-ins: what they are does not matter, that they are there does.
pub const CREDENTIALS: &[(&str, &str)] = &[
    ("CLOUDFLARE_API_TOKEN", "t0ken/cloudflare+secret"),
    ("SAKURACLOUD_ACCESS_TOKEN", "sakura-user"),
    ("SAKURACLOUD_ACCESS_TOKEN_SECRET", "s3cret&sakura"),
    ("VALUEDOMAIN_TOKEN", "t0ken-value-domain"),
    ("AZURE_TENANT_ID", "the-tenant"),
    ("AZURE_CLIENT_ID", "the-client"),
    ("AZURE_CLIENT_SECRET", "s3cret~azure/+="),
    ("AZURE_SUBSCRIPTION_ID", "a-subscription"),
    ("OVH_APPLICATION_KEY", "ovh-application"),
    ("OVH_APPLICATION_SECRET", "s3cret-ovh-application"),
    ("OVH_CONSUMER_KEY", "s3cret-ovh-consumer"),
    ("NETCUP_CUSTOMER_NUMBER", "12345"),
    ("NETCUP_API_KEY", "s3cret-netcup-key"),
    ("NETCUP_API_PASSWORD", "s3cret \"netcup\" password"),
    ("DPF_TOKEN", "t0ken-dpf-secret"),
    ("CONOHA_API_USER_ID", "conoha-user"),
    ("CONOHA_API_PASSWORD", "s3cret<conoha>"),
    ("CONOHA_TENANT_ID", "conoha-tenant"),
    ("NAMECHEAP_API_USER", "namecheap-user"),
    ("NAMECHEAP_API_KEY", "s3cret namecheap/key"),
    ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "s3cret/aws+key"),
    ("AWS_SESSION_TOKEN", "s3cret//aws==token"),
];

/// The settings that providers need.
pub fn settings(id: &str) -> &'static [(&'static str, &'static str)] {
    match id {
        "azure" => &[("resource_group", "mail")],
        "namecheap" => &[("client_ip", "192.0.2.1")],
        _ => &[],
    }
}

/// A service account's key, made for this run; its project is `a-project`.
pub fn google_key() -> &'static str {
    static KEY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    KEY.get_or_init(|| {
        let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        serde_json::json!({
            "type": "service_account",
            "project_id": "a-project",
            "private_key_id": "key-1",
            "private_key": pair.serialize_pem(),
            "client_email": "dns@a-project.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
        })
        .to_string()
    })
}

/// All credentials there are.
pub fn credentials() -> Vec<(&'static str, &'static str)> {
    let mut all = CREDENTIALS.to_vec();
    all.push(("GOOGLE_APPLICATION_CREDENTIALS", google_key()));
    all
}
