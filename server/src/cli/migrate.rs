//! `trackflow migrate`.

use trackflow::config::Config;

use super::open;

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let ran = open::migrate(&config.database).await?;
    if ran.is_empty() {
        println!("the schema is up to date");
    }
    for name in ran {
        println!("{name}");
    }
    Ok(())
}
