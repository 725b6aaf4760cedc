//! Injects faults into a replica set.

use bson::{Document, doc};

use super::{proxy::Proxy, replica_set::ReplicaSet, server_supervisor::Order, wait_until::wait_until};

/// Faults of servers: crashes, hangs, elections and replication lag.
impl ReplicaSet {
    /// Kills a node with `kill -9`.
    ///
    /// Of three nodes one may be dead for the set to accept writes.
    pub fn kill(&self, node: usize) {
        self.nodes[node].order(Order::Kill);
    }

    /// Starts a killed node again, with its data, and waits until it takes part.
    pub async fn restart(&self, node: usize) {
        self.nodes[node].restart().await;
        self.ready(node).await;
    }

    /// Suspends a node's process: connections stay open, and nothing answers.
    pub fn pause(&self, node: usize) {
        self.nodes[node].order(Order::Pause);
    }

    /// Resumes a paused node.
    pub fn resume(&self, node: usize) {
        self.nodes[node].order(Order::Resume);
    }

    /// Makes the primary step down in favour of another node, once that has caught up.
    pub async fn step_down(&self) {
        let command = doc! { "replSetStepDown": 2, "secondaryCatchUpPeriodSecs": 1 };
        wait_until("stepping down", || async {
            let primary = &self.nodes[self.primary().await];
            primary.command(command.clone()).await
        })
        .await;
    }

    /// Stops replication while the primary stays.
    ///
    /// Writes reach the primary and are never acknowledged by a majority. A write without a
    /// `wtimeout` hangs.
    pub async fn stop_replication(&self) {
        for node in self.secondaries().await {
            let locked = self.nodes[node].command(doc! { "fsync": 1, "lock": true }).await;
            locked.expect("a secondary is locked");
        }
    }

    /// Resumes replication.
    pub async fn resume_replication(&self) {
        for node in self.secondaries().await {
            self.nodes[node].command(doc! { "fsyncUnlock": 1 }).await.expect("it was locked");
        }
    }

    /// Makes the primary fail the next so many of these commands, as the data of its [fail point
    /// `failCommand`] says.
    ///
    /// `{"errorCode": 189}` and `{"closeConnection": true}` fail before the command has any effect,
    /// `{"writeConcernError": {...}}` after all of its effects.
    ///
    /// [fail point `failCommand`]: https://github.com/mongodb/mongo/wiki/The-failCommand-Fail-Point
    pub async fn fail(&self, times: u32, commands: &[&str], mut data: Document) {
        data.insert("failCommands", commands);
        let mode = doc! { "times": times };
        let command = doc! { "configureFailPoint": "failCommand", "mode": mode, "data": data };
        let primary = &self.nodes[self.primary().await];
        primary.command(command).await.expect("the fail point is set");
    }

    /// Returns a connection to the present primary that loses replies.
    pub async fn proxy(&self) -> Proxy {
        Proxy::to(self.nodes[self.primary().await].address()).await
    }
}
