//! Closes the days that are over (`stats_service::prepare_day`), between the batches of the writer.

use super::Ingest;
use crate::{
    db::DbError,
    domain::{Principal, Site, Timestamp, WriterState},
    services::{ServiceError, site_service, stats_service},
};

impl Ingest {
    /// Closes every day of every site that is over, and gives how many; call it once a minute. Does nothing while another
    /// process takes the events. Failures are logged, and the next call goes on where this one stopped.
    pub async fn close_days(&self, now: Timestamp) -> u64 {
        let mut days = 0;
        if self.status(now).writer != WriterState::Writing {
            return days;
        }
        let sites = match site_service::find_all(&self.db, &Principal::System).await {
            Ok(sites) => sites,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no day was closed"
                );
                return days;
            }
        };
        for site in sites {
            if let Err(error) = self.close_days_of(&site, now, &mut days).await {
                let is_away = matches!(error, ServiceError::Database(DbError::Pool(_)));
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, site = site.domain, "a day was not closed");
                if is_away {
                    break;
                }
            }
        }
        days
    }

    async fn close_days_of(
        &self,
        site: &Site,
        now: Timestamp,
        days: &mut u64,
    ) -> Result<(), ServiceError> {
        let before = *days;
        while let Some(mut closed) = stats_service::prepare_day(&self.db, site, now).await? {
            {
                let _turn = self.monitor.background_turn(&self.db).await;
                stats_service::store_day(&self.db, &closed).await?;
            }
            loop {
                let _turn = self.monitor.background_turn(&self.db).await;
                if !stats_service::sweep(&self.db, &mut closed).await? {
                    break;
                }
            }
            *days += 1;
        }
        if *days == before {
            return Ok(());
        }
        while let Some(month) = stats_service::prepare_month(&self.db, site.id).await? {
            let _turn = self.monitor.background_turn(&self.db).await;
            stats_service::store_month(&self.db, site.id, &month).await?;
        }
        Ok(())
    }
}
