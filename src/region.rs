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
