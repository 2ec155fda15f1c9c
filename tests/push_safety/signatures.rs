//! Our signatures beside those of the providers' own libraries.

use std::io::Write;
use std::process::{Command, Stdio};

use mailproof::provider::engine::google_jwt::Account;
use mailproof::provider::engine::{encode, ovh_signature};
use mailproof::provider::route53::sigv4::{self, Keys, Place, Signed};
use reqwest::Url;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::credentials::google_key;
use crate::faults::Random;
use crate::moto::python;

/// Runs `script` with `input` on its standard input; `None`, aloud, where a module is not installed.
fn peer(module: &str, script: &str, input: &Value) -> Option<Value> {
    let program = python("python3")?;
    if !Command::new(&program)
        .args(["-c", &format!("import {module}")])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
    {
        eprintln!("SKIPPED: the Python module {module} is not installed; tests/run.sh installs it");
        return None;
    }
    let mut child = Command::new(&program)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{module}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A text of up to `most` characters, odd ones among them.
fn text(random: &mut Random, most: usize) -> String {
    let odd = ['a', 'Z', '0', '-', '.', '_', '~', '/', '+', ' ', '=', '&', '%', '*', '"', '\\', 'é', '日', '{', '}'];
    (0..random.below(most)).map(|_| odd[random.below(odd.len())]).collect()
}

#[test]
fn sigv4_is_that_of_botocore() {
    let mut random = Random::new(4);
    let mut requests = Vec::new();
    for i in 0..300u32 {
        let mut url = format!("https://route53.amazonaws.com/2013-04-01/{}", encode::segment(&text(&mut random, 12)));
        let pairs: Vec<String> = (0..random.below(5))
            .map(|_| format!("{}={}", encode::strict(&text(&mut random, 6)), encode::strict(&text(&mut random, 9))))
            .collect();
        if !pairs.is_empty() {
            url = format!("{url}?{}", pairs.join("&"));
        }
        let token = (random.below(2) == 0).then(|| format!("token/{}", random.next()));
        requests.push(json!({
            "method": (["GET", "POST"][random.below(2)]),
            "url": url,
            "body": text(&mut random, 200),
            "access": format!("AKIA{i}"),
            "secret": text(&mut random, 40),
            "token": token,
            "region": (["us-east-1", "cn-northwest-1"][random.below(2)]),
            "time": format!("2026{:02}{:02}T{:02}0000Z", 1 + random.below(12), 1 + random.below(28), random.below(24)),
            "type": (random.below(2) == 0).then_some("application/xml"),
        }));
    }
    let script = "
import json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
out = []
for r in json.load(sys.stdin):
    headers = {'Content-Type': r['type']} if r['type'] else {}
    request = AWSRequest(method=r['method'], url=r['url'], data=r['body'].encode(), headers=headers)
    auth = SigV4Auth(Credentials(r['access'], r['secret'], r['token']), 'route53', r['region'])
    request.context['timestamp'] = r['time']
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(text, request))
    out.append(request.headers['Authorization'])
json.dump(out, sys.stdout)
";
    let Some(theirs) = peer("botocore", script, &json!(requests)) else { return };
    let theirs = theirs.as_array().unwrap();
    assert_eq!(theirs.len(), requests.len());
    for (request, theirs) in requests.iter().zip(theirs) {
        let of = |name: &str| request[name].as_str().unwrap();
        let keys = Keys {
            access: of("access").into(),
            secret: of("secret").to_string().into(),
            token: request["token"].as_str().map(|t| t.to_string().into()),
        };
        let url = Url::parse(of("url")).unwrap();
        let headers: Vec<(String, String)> =
            request["type"].as_str().map(|t| ("Content-Type".to_string(), t.to_string())).into_iter().collect();
        let signed = Signed { method: of("method"), url: &url, headers: &headers, body: of("body"), time: of("time") };
        let fields = sigv4::sign(&keys, &Place { region: of("region"), service: "route53" }, &signed);
        let ours = fields.iter().find(|(name, _)| name == "authorization").unwrap().1.expose_secret();
        assert_eq!(ours, theirs.as_str().unwrap(), "{request}");
    }
}

#[test]
fn the_assertion_is_one_that_others_accept_and_make() {
    let account = Account::read(google_key()).unwrap();
    let scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
    let tokens: Vec<String> = (0..20).map(|i| account.assertion(scope, 1_790_000_000 + i * 1000).unwrap()).collect();
    let script = "
import json, sys, jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
given = json.load(sys.stdin)
key = json.loads(given['key'])
public = load_pem_private_key(key['private_key'].encode(), None).public_key()
out = []
for token in given['tokens']:
    claims = jwt.decode(token, public, algorithms=['RS256'], audience=key['token_uri'], options={'verify_exp': False, 'verify_iat': False})
    again = jwt.encode(claims, key['private_key'], algorithm='RS256', headers={'kid': key['private_key_id']})
    out.append({'claims': claims, 'header': jwt.get_unverified_header(token), 'signature': again.split('.')[2], 'made': again})
json.dump(out, sys.stdout)
";
    if let Some(theirs) = peer("jwt", script, &json!({"key": google_key(), "tokens": tokens})) {
        for (token, theirs) in tokens.iter().zip(theirs.as_array().unwrap()) {
            assert_eq!(theirs["claims"]["scope"], scope, "{token}");
            assert_eq!(theirs["claims"]["iss"], "dns@a-project.iam.gserviceaccount.com");
            assert_eq!(theirs["header"], json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
        }
    }
    // Google's own library signs the very same octets: RSA with PKCS #1 v1.5 has one signature for a text.
    let script = "
import base64, json, sys
from google.auth import crypt
given = json.load(sys.stdin)
signer = crypt.RSASigner.from_service_account_info(json.loads(given['key']))
out = [base64.urlsafe_b64encode(signer.sign('.'.join(t.split('.')[:2]))).decode().rstrip('=') for t in given['tokens']]
json.dump(out, sys.stdout)
";
    let Some(theirs) = peer("google.auth.crypt", script, &json!({"key": google_key(), "tokens": tokens})) else {
        return;
    };
    for (token, theirs) in tokens.iter().zip(theirs.as_array().unwrap()) {
        assert_eq!(token.split('.').nth(2).unwrap(), theirs.as_str().unwrap());
    }
}

#[test]
fn ovh_signatures_are_those_of_its_library() {
    let mut random = Random::new(7);
    let requests: Vec<Value> = (0..200)
        .map(|_| {
            let body = match random.below(2) {
                0 => Value::Null,
                _ => json!({"target": text(&mut random, 80), "ttl": random.below(9999)}),
            };
            json!({
                "method": (["GET", "POST", "PUT", "DELETE"][random.below(4)]),
                "path": format!("/domain/zone/{}/record", encode::segment(&text(&mut random, 9))),
                "body": body,
                "text": if body.is_null() { String::new() } else { body.to_string() },
                "secret": text(&mut random, 32),
                "consumer": text(&mut random, 32),
                "time": 1_700_000_000u64 + random.next() % 100_000_000,
            })
        })
        .collect();
    // The library computes the signature from what it is about to send: that is caught instead of sent.
    let script = "
import json, sys, ovh
out = []
for r in json.load(sys.stdin):
    client = ovh.Client(endpoint='ovh-eu', application_key='app', application_secret=r['secret'] or 's', consumer_key=r['consumer'] or 'c')
    client._time_delta = 0
    caught = {}
    class Session:
        def request(self, method, target, headers=None, data=None, timeout=None, **more):
            caught.update(headers or {}, target=target, data=data)
            raise KeyboardInterrupt
    client._session = Session()
    import ovh.client as module
    real = module.time.time
    module.time.time = lambda: float(r['time'])
    try:
        client.raw_call(r['method'], r['path'], r['body'], True)
    except KeyboardInterrupt:
        pass
    finally:
        module.time.time = real
    out.append({'signature': caught['X-Ovh-Signature'], 'target': caught['target'], 'data': caught['data'] or '', 'time': caught['X-Ovh-Timestamp']})
json.dump(out, sys.stdout)
";
    let Some(theirs) = peer("ovh", script, &json!(requests)) else { return };
    for (request, theirs) in requests.iter().zip(theirs.as_array().unwrap()) {
        let or = |name: &str, other: &str| {
            let text = request[name].as_str().unwrap();
            if text.is_empty() { other.to_string() } else { text.to_string() }
        };
        let keys =
            ovh_signature::Keys { application: "app".into(), secret: or("secret", "s"), consumer: or("consumer", "c") };
        let time = theirs["time"].as_str().unwrap().parse().unwrap();
        let (target, data) = (theirs["target"].as_str().unwrap(), theirs["data"].as_str().unwrap());
        let ours = ovh_signature::signature(&keys, request["method"].as_str().unwrap(), target, data, time);
        assert_eq!(ours, theirs["signature"].as_str().unwrap(), "{request}");
    }
}
