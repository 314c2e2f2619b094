//! One step of the core's work, again and again, for whoever counts its instructions: `steps STEP COUNT`.

use std::hint::black_box;

use huaweicloud_oms::answer::parse_message;
use huaweicloud_oms_benches::{call, client, settings, validated};

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
        "refusal" => again(count, || parse_message(REFUSAL)),
        _ => panic!("there is no step {step}"),
    }
}

fn again<T>(count: usize, work: impl Fn() -> T) {
    for _ in 0..count {
        black_box(work());
    }
}
