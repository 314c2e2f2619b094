//! The core's own work on one call: validate, sign and serialize a request; read an answer that says no.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use huaweicloud_oms::answer::parse_message;
use huaweicloud_oms::signing::{Algorithm, Signer, ToSign};
use huaweicloud_oms_benches::{call, client, settings, validated};

fn request(c: &mut Criterion) {
    let settings = settings("https://oms.cn-north-4.myhuaweicloud.com");
    let client = client("https://oms.cn-north-4.myhuaweicloud.com");
    let request = validated(&settings, call()).expect("valid");
    c.bench_function("validate", |b| {
        b.iter_batched(call, |call| validated(&settings, call), BatchSize::SmallInput);
    });
    c.bench_function("sign and serialize", |b| b.iter(|| client.sign(black_box(&request))));
    c.bench_function("validate, sign and serialize", |b| {
        b.iter_batched(
            call,
            |call| validated(&settings, call).map(|request| client.sign(&request).is_ok()),
            BatchSize::SmallInput,
        );
    });
    let (ak, sk) = ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc");
    let signer = Signer::new(&Algorithm::default(), ak, sk).expect("a key");
    let hash = signer.body_hash(b"{}");
    let to_sign = ToSign {
        method: "POST",
        path: "/v2/p/tasks/1/start",
        query: "",
        headers: &[("host", "oms.cn-north-4.myhuaweicloud.com"), ("x-sdk-date", "20191115T033655Z")],
        body_hash: &hash,
    };
    c.bench_function("signature alone", |b| b.iter(|| signer.authorization(ak, black_box(&to_sign), "20191115T033655Z")));
}

fn answer(c: &mut Criterion) {
    let body = br#"{"error_code":"OMS.0065","error_msg":"The task has already started."}"#;
    c.bench_function("read a refusal", |b| b.iter(|| parse_message(black_box(body))));
}

criterion_group!(benches, request, answer);
criterion_main!(benches);
