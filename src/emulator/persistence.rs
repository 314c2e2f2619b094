//! The state file: what the local OMS holds, as JSON, kept up to date while it runs.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::service::Service;
use super::state::World;

/// How often the file is brought up to date, at most.
const EVERY: Duration = Duration::from_secs(1);

/// Reads a state file; one that is not there holds nothing.
pub(super) fn load(path: &Path, now: i64) -> io::Result<World> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(World::default()),
        Err(error) => return Err(explain(path, &error.to_string(), error.kind())),
    };
    let invalid = |told: &str| explain(path, told, io::ErrorKind::InvalidData);
    // A list would be taken for an object's members in their order.
    if !text.trim_start().starts_with('{') {
        return Err(invalid("not a JSON object"));
    }
    let mut world: World =
        serde_json::from_str(&text).map_err(|error| invalid(&error.to_string()))?;
    world.settle_in(now).map_err(|told| invalid(&told))?;
    Ok(world)
}

/// Writes the state, in whole or not at all.
pub(super) fn save(service: &Service, path: &Path) -> io::Result<()> {
    let text = {
        let world = service.world();
        serde_json::to_string_pretty(&*world)?
    };
    let beside = beside(path);
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // The half-written file is of no use; where it cannot be removed, the error says enough.
        let _ = fs::remove_file(&beside);
        explain(path, &error.to_string(), error.kind())
    })
}

/// Saves every change, a little later. Runs until the runtime ends.
pub(super) async fn keep_saved(service: Arc<Service>, path: PathBuf) {
    let mut saved = 0;
    loop {
        tokio::time::sleep(EVERY).await;
        let changes = service.world().changes();
        if changes == saved {
            continue;
        }
        let (of, to) = (Arc::clone(&service), path.clone());
        let done = tokio::task::spawn_blocking(move || save(&of, &to)).await;
        // What could not be saved is tried again; the last save, when the server stops, tells its error.
        if matches!(done, Ok(Ok(()))) {
            saved = changes;
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn explain(path: &Path, told: &str, kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, format!("state file {}: {told}", path.display()))
}
