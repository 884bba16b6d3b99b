//! The one task that signs. It keeps the right edge of the tree, so that a root costs a few hashes; signs it
//! after so many records or so much time; and tells the place outside of the database how far that was.

mod ending;
mod kept;
mod taking_up;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatehouse_audit::checkpoint::{Checkpoint, log_signer};
use gatehouse_audit::note::{Signer, Verifier};
use gatehouse_audit::tail::End;
use gatehouse_audit::verify::{BreakKind, Broken, Proof};
use gatehouse_audit::{Frontier, Hash, Statement};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AuditCheckpoint, GatewayStore};
use tokio::sync::{mpsc, oneshot};

use super::Gate;
use super::key::{AuditKey, KeptBreak, KeptHead};
use super::tail::{TailFile, TailWriter};
use super::verify::{end, signed};
use crate::clock::Clock;
use kept::{former, kept_head, seed};

/// A checkpoint is signed after this many records,
pub const CHECKPOINT_EVERY: u64 = 256;

/// or when one has waited for this long.
pub const CHECKPOINT_WITHIN: Duration = Duration::from_secs(60);

/// How many leaves are read at once.
const PAGE: u32 = 8_192;

pub(super) enum Command {
    /// So many records came through the gate that a checkpoint is due.
    Due,
    Stop,
    Checkpoint(oneshot::Sender<Option<u64>>),
    Head(oneshot::Sender<(u64, Hash)>),
    Kept(oneshot::Sender<Option<KeptHead>>),
    /// Somebody else wrote into the log while it was written.
    Found(Broken),
}

pub(super) type Commands = mpsc::UnboundedSender<Command>;
pub(super) type Waiting = mpsc::UnboundedReceiver<Command>;

pub(super) fn channel() -> (Commands, Waiting) {
    // No bound, since a record must not wait for a signature: a word now and then, when a checkpoint is due.
    mpsc::unbounded_channel()
}

/// How many records came through the gate since the last checkpoint.
#[derive(Clone, Default)]
pub(super) struct Counter(Arc<AtomicU64>);

impl Counter {
    /// One more record goes through the gate. The task that signs is woken when it has something to do, and not by each
    /// record.
    pub(super) fn count(&self, commands: &Commands) {
        if self.0.fetch_add(1, Ordering::Relaxed) == CHECKPOINT_EVERY {
            // The task may have ended before the last record.
            let _ = commands.send(Command::Due);
        }
    }

    fn begin_anew(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether there are still so many; they may have been signed for another reason meanwhile.
    fn is_due(&self) -> bool {
        self.0.load(Ordering::Relaxed) > CHECKPOINT_EVERY
    }
}

/// The log was not where it had been left a moment ago.
pub(super) fn found(commands: &Commands, broken: Broken) {
    let _ = commands.send(Command::Found(broken));
}

/// A handle to the task.
#[derive(Clone)]
pub struct Keeping {
    commands: Commands,
    verifier: Option<Arc<Verifier>>,
    signer: Option<Arc<Signer>>,
    tail: Option<(TailFile, Arc<TailWriter>)>,
}

/// What is not as it was left.
#[derive(Default)]
pub(super) struct Found {
    pub(super) breaks: Vec<String>,
    /// What nobody can say anything of.
    pub(super) unproven: Vec<Statement>,
}

struct Keeper {
    store: Arc<dyn GatewayStore>,
    clock: Clock,
    key: Arc<dyn AuditKey>,
    signer: Option<Arc<Signer>>,
    tree: Frontier,
    /// How many records the last checkpoint counts.
    signed: u64,
    counter: Counter,
    /// None where it could not be read: then it is not written over either.
    kept: Option<KeptHead>,
}

impl Keeping {
    /// Takes the tree up, and says what is not as it was left.
    pub(super) async fn start(
        store: Arc<dyn GatewayStore>,
        clock: Clock,
        gate: Gate,
        key: Arc<dyn AuditKey>,
    ) -> Result<(Self, Found, impl Future<Output = ()> + Send + 'static), StoreError> {
        let mut proof = signed(&*store).await?;
        let is_adopted = store.audit_adopted();
        if is_adopted {
            // What was recorded before there was a chain was put into it just now, and is signed for the first time.
            proof.size = 0;
        }
        let is_empty = proof.first.is_none() && end(&*store).await? == End::NONE;
        let former = if is_empty { former(&*key).await } else { None };
        let seed = seed(&*key, &mut proof, former.is_some()).await;
        let signer = seed.as_ref().map(|seed| Arc::new(log_signer(seed)));
        let kept = kept_head(&*key, &mut proof, former.unwrap_or(0)).await;
        let has_key = proof.has_key;
        let verifier = signer.as_ref().map(|signer| Arc::new(signer.verifier()));
        let mut keeper = Keeper {
            store,
            clock,
            key,
            signer: signer.clone(),
            tree: Frontier::default(),
            signed: 0,
            counter: gate.counter,
            kept,
        };
        let mut breaks = keeper.take_up().await?;
        breaks.extend(keeper.lacking(proof, breaks.is_empty()));
        let mut found = Found {
            breaks,
            unproven: Vec::new(),
        };
        if let Some(records) = former.filter(|records| *records > 0) {
            found.unproven.push(Statement::Former { records });
        }
        let seed = seed.as_deref();
        let tail = keeper.ending(seed, has_key, &mut found, &gate.commands);
        let tail = tail.await?;
        if is_adopted {
            keeper.sign().await;
        }
        let handle = Self {
            commands: gate.commands,
            verifier,
            signer,
            tail,
        };
        Ok((handle, found, keeper.run(gate.waiting)))
    }

    pub(super) fn stop(&self) {
        if let Some((_, writer)) = &self.tail {
            writer.rest();
        }
        let _ = self.commands.send(Command::Stop);
    }

    pub(super) async fn checkpoint(&self) -> Option<u64> {
        self.ask(Command::Checkpoint).await.flatten()
    }

    pub(super) async fn head(&self) -> (u64, Hash) {
        self.ask(Command::Head).await.unwrap_or((0, Hash::ZERO))
    }

    pub(super) async fn kept(&self) -> Option<KeptHead> {
        self.ask(Command::Kept).await.flatten()
    }

    pub(super) fn signer(&self) -> Option<&Signer> {
        self.signer.as_deref()
    }

    pub(super) fn tail(&self) -> Option<TailFile> {
        self.tail.as_ref().map(|(file, _)| file.clone())
    }

    pub(super) fn verifier(&self) -> Option<&Verifier> {
        self.verifier.as_deref()
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (tell, told) = oneshot::channel();
        self.commands.send(question(tell)).ok()?;
        told.await.ok()
    }
}

impl Keeper {
    async fn run(mut self, mut waiting: Waiting) {
        let mut due = tokio::time::interval(CHECKPOINT_WITHIN);
        due.reset();
        loop {
            tokio::select! {
                biased;
                command = waiting.recv() => match command {
                    Some(Command::Stop) | None => return,
                    Some(command) => self.obey(command).await,
                },
                _ = due.tick() => self.sign().await,
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        // Whoever asked and no longer waits has lost interest in the answer alone.
        match command {
            Command::Due if self.counter.is_due() => self.sign().await,
            Command::Due | Command::Stop => {}
            Command::Checkpoint(tell) => {
                self.sign().await;
                let signed = self.signer.is_some().then_some(self.signed);
                let _ = tell.send(signed);
            }
            Command::Head(tell) => {
                self.advance_or_say().await;
                let _ = tell.send((self.tree.size(), self.tree.root()));
            }
            Command::Kept(tell) => {
                let _ = tell.send(self.kept.clone());
            }
            Command::Found(broken) => self.found(broken).await,
        }
    }

    async fn advance_or_say(&mut self) {
        if let Err(error) = self.advance(None).await {
            tracing::error!(%error, "the audit could not be read");
        }
    }

    /// Adds what was written since to the tree. Gives the root at the size `at`, when it comes by it.
    async fn advance(&mut self, at: Option<u64>) -> Result<Option<Hash>, StoreError> {
        let mut passed = None;
        loop {
            let leaves = self.store.audit_leaves(self.tree.size(), PAGE).await?;
            if leaves.is_empty() {
                return Ok(passed);
            }
            for leaf in leaves {
                if leaf.seq != self.tree.size() + 1 {
                    // What is missing is for verifying to name; nothing is signed over a gap.
                    return Err(StoreError::Failed(format!(
                        "record {} of the audit is missing",
                        self.tree.size() + 1
                    )));
                }
                self.tree.push(leaf.leaf);
                if at == Some(self.tree.size()) {
                    passed = Some(self.tree.root());
                }
            }
        }
    }

    async fn sign(&mut self) {
        if let Err(error) = self.try_to_sign().await {
            tracing::error!(%error, "the audit could not be signed");
        }
    }

    async fn try_to_sign(&mut self) -> Result<(), StoreError> {
        self.counter.begin_anew();
        self.advance(None).await?;
        self.miss_the_last().await?;
        let (size, root) = (self.tree.size(), self.tree.root());
        let Some(signer) = &self.signer else {
            return Ok(());
        };
        if size == self.signed {
            return Ok(());
        }
        let at = self.now();
        let checkpoint = Checkpoint {
            origin: signer.name().to_owned(),
            size,
            root,
            at: Some(at),
        };
        let note = checkpoint
            .sign(signer)
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        let checkpoint = AuditCheckpoint {
            size,
            at,
            note,
            frontier: self.tree.to_bytes(),
        };
        self.store.audit_checkpoint_put(checkpoint).await?;
        self.signed = size;
        self.keep(size, root).await;
        Ok(())
    }

    /// Notes it where the last checkpoint was taken away meanwhile.
    async fn miss_the_last(&mut self) -> Result<(), StoreError> {
        let proof = Proof {
            has_key: true,
            head: Some(self.signed),
            // A log that nothing has signed yet may be long already where much is recorded at once.
            size: 0,
            ..signed(&*self.store).await?
        };
        for found in self.lacking(proof, true) {
            tracing::error!(%found, "the audit is not as it was left");
        }
        Ok(())
    }

    /// Tells the place outside. Only after the records are safe: a head ahead of them would be a false alarm.
    async fn keep(&mut self, size: u64, root: Hash) {
        let Some(kept) = &mut self.kept else {
            return;
        };
        (kept.size, kept.root) = (size, root.to_hex());
        self.keep_known().await;
    }

    /// Keeps what is known where it stays.
    async fn keep_known(&self) {
        let Some(kept) = &self.kept else { return };
        if let Err(error) = self.key.keep_head(kept).await {
            tracing::error!(%error, "the head of the audit could not be kept outside of it");
        }
    }

    fn now(&self) -> i64 {
        i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX)
    }

    /// What of the proof is gone. Of a log that ends too early, that is what is wrong, and not the checkpoint.
    fn lacking(&mut self, proof: Proof, whole: bool) -> Vec<String> {
        let missing = proof.missing().into_iter();
        let missing = missing.filter(|gap| whole || gap.kind != BreakKind::CheckpointMissing);
        missing.flat_map(|gap| self.broken(gap)).collect()
    }

    fn rolled_back(&mut self, seq: u64, text: String) -> Vec<String> {
        let kind = BreakKind::RolledBack;
        let found = self.broken(Broken { seq, kind, text });
        found.into_iter().collect()
    }

    /// Notes a break where it stays, and says it unless it is known.
    fn broken(&mut self, found: Broken) -> Option<String> {
        let at = self.now();
        // What was signed is past: the next checkpoint counts what there is now.
        self.signed = self.signed.min(self.tree.size().saturating_sub(1));
        let Broken { seq, kind, text } = found;
        let Some(kept) = &mut self.kept else {
            return Some(text);
        };
        let known = |known: &KeptBreak| known.seq == seq && known.kind == kind.word();
        if kept.breaks.iter().any(known) {
            return None;
        }
        kept.breaks.push(KeptBreak {
            seq,
            at,
            text: text.clone(),
            kind: kind.word().to_owned(),
        });
        Some(text)
    }
}
