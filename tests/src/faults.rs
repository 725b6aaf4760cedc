//! Injects faults into a replica set.

use bson::{Document, doc};

use super::{proxy::Proxy, replica_set::ReplicaSet, server_supervisor::Order, wait_until::wait_until};

/// Servers that end, hang, hand over and lag.
impl ReplicaSet {
    /// `kill -9`, and the process is gone. Of three nodes one may be dead for the set to accept writes.
    pub fn kill(&self, node: usize) {
        self.nodes[node].order(Order::Kill);
    }

    /// Starts a killed node again, with its data, and waits until it takes part.
    pub async fn restart(&self, node: usize) {
        self.nodes[node].restart().await;
        self.ready(node).await;
    }

    /// Stops a node's process in its tracks: connections stay open, and nothing answers.
    pub fn pause(&self, node: usize) {
        self.nodes[node].order(Order::Pause);
    }

    /// Lets a paused node go on.
    pub fn resume(&self, node: usize) {
        self.nodes[node].order(Order::Resume);
    }

    /// Makes the primary hand over to another node, which it does once that has caught up.
    pub async fn step_down(&self) {
        let command = doc! { "replSetStepDown": 2, "secondaryCatchUpPeriodSecs": 1 };
        wait_until("stepping down", || async {
            let primary = &self.nodes[self.primary().await];
            primary.command(command.clone()).await
        })
        .await;
    }

    /// Keeps the secondaries from taking over anything, while the primary stays: writes arrive there,
    /// and no majority ever has them. A write without a `wtimeout` hangs.
    pub async fn stop_replication(&self) {
        for node in self.secondaries().await {
            let locked = self.nodes[node].command(doc! { "fsync": 1, "lock": true }).await;
            locked.expect("a secondary is locked");
        }
    }

    /// Lets the secondaries catch up.
    pub async fn resume_replication(&self) {
        for node in self.secondaries().await {
            self.nodes[node].command(doc! { "fsyncUnlock": 1 }).await.expect("it was locked");
        }
    }

    /// Makes the primary fail the next so many of these commands, in the way that the data of its
    /// [fail point `failCommand`] tells: `{"errorCode": 189}` and `{"closeConnection": true}` before
    /// they do anything, `{"writeConcernError": {...}}` after they did all.
    ///
    /// [fail point `failCommand`]: https://github.com/mongodb/mongo/wiki/The-failCommand-Fail-Point
    pub async fn fail(&self, times: u32, commands: &[&str], mut data: Document) {
        data.insert("failCommands", commands);
        let mode = doc! { "times": times };
        let command = doc! { "configureFailPoint": "failCommand", "mode": mode, "data": data };
        let primary = &self.nodes[self.primary().await];
        primary.command(command).await.expect("the fail point is set");
    }

    /// A connection to the primary of now that loses replies.
    pub async fn proxy(&self) -> Proxy {
        Proxy::to(self.nodes[self.primary().await].address()).await
    }
}
