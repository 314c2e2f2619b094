//! The regions that are known to offer OMS, and where they answer.

/// The known regions ("Regions and Endpoints" and the vendor's SDK 3.1.219).
pub const REGIONS: [&str; 21] = [
    "cn-north-1",
    "cn-north-4",
    "cn-north-9",
    "cn-north-12",
    "cn-east-2",
    "cn-east-3",
    "cn-east-4",
    "cn-south-1",
    "cn-south-4",
    "cn-southwest-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "la-south-2",
    "la-north-2",
    "sa-brazil-1",
    "tr-west-1",
    "me-east-1",
    "af-south-1",
];

/// Whether the region is known.
#[must_use]
pub fn is_known(region: &str) -> bool {
    REGIONS.contains(&region)
}

/// Where OMS answers in a known region.
#[must_use]
pub fn endpoint_of(region: &str) -> Option<String> {
    is_known(region).then(|| format!("https://oms.{region}.myhuaweicloud.com"))
}

/// The regions in which the vendor's SDK asks the region's own token service.
const STS_REGIONS: [&str; 12] = [
    "cn-north-4",
    "cn-south-1",
    "cn-east-3",
    "cn-southwest-2",
    "ap-southeast-1",
    "ap-southeast-3",
    "ap-southeast-2",
    "sa-brazil-1",
    "la-south-2",
    "af-south-1",
    "ap-southeast-4",
    "tr-west-1",
];

/// Known regions in which the vendor's SDK asks the global IAM.
const WITHOUT_IAM: [&str; 2] = ["cn-south-4", "ap-southeast-5"];

/// Where IAM answers for a known region.
#[must_use]
pub fn iam_endpoint_of(region: &str) -> Option<String> {
    if WITHOUT_IAM.contains(&region) {
        return Some("https://iam.myhuaweicloud.com".to_owned());
    }
    is_known(region).then(|| format!("https://iam.{region}.myhuaweicloud.com"))
}

/// Where the token service answers; it is asked in `cn-north-4` for regions without one.
#[must_use]
pub fn sts_endpoint_of(region: Option<&str>) -> String {
    let region = region
        .filter(|region| STS_REGIONS.contains(region))
        .unwrap_or("cn-north-4");
    format!("https://sts.{region}.myhuaweicloud.com")
}
