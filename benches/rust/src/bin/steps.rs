//! One step of the core's work, again and again, for whoever counts its instructions: `steps STEP COUNT`. Whole calls
//! go to the server at a port: `steps call COUNT PORT`.

use std::hint::black_box;

use huaweicloud_oms::answer::parse_message;
use huaweicloud_oms::client::CallOptions;
use huaweicloud_oms_benches::{call, client, settings, validated};
use tokio::runtime::Builder;

const ENDPOINT: &str = "https://oms.cn-north-4.myhuaweicloud.com";
const REFUSAL: &[u8] = br#"{"error_code":"OMS.0065","error_msg":"The task has already started."}"#;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let step = arguments.next().expect("a step");
    let count: usize = arguments.next().expect("a count").parse().expect("a number");
    let settings = settings(ENDPOINT);
    match step.as_str() {
        "arguments" => again(count, call),
        "validate" => again(count, || validated(&settings, call()).is_ok()),
        "sign" => {
            let client = client(ENDPOINT);
            let request = validated(&settings, call()).expect("valid");
            again(count, || client.sign(&request).is_ok());
        }
        "call" => {
            let port = arguments.next().expect("a port");
            let client = client(&format!("http://127.0.0.1:{port}"));
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            again(count, || {
                let request = validated(&settings, call()).expect("valid");
                runtime.block_on(client.start(&request, &CallOptions::default())).is_ok()
            });
        }
        "refusal" => again(count, || parse_message(REFUSAL)),
        _ => panic!("there is no step {step}"),
    }
}

fn again<T>(count: usize, work: impl Fn() -> T) {
    for _ in 0..count {
        black_box(work());
    }
}
