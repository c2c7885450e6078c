//! An organization with people and cohorts, the steps of a history, and what is asked after each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use olivine_content::TokenKey;
use olivine_domain::Timestamp;
use olivine_domain::cohorts::Cohort;
use olivine_domain::invitations::{Invitation, LinkToken};
use olivine_domain::memberships::Membership;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Limit;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Actor, Allowed, Grant, Grants, Origin, Part, Reach, Role, Scope, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::sessions::{SessionToken, UserSession};
use olivine_domain::users::User;
use olivine_operations::lists::{ListQuery, NewId};
use olivine_operations::people::{self, Chosen, Person, invitations, memberships};
use olivine_operations::sealing::SealKey;
use olivine_operations::storages::{Folders, Storages};
use olivine_operations::{Clock, Context, Error, Settings, api_keys, cohorts, organizations, products};
use olivine_records::testing::{self, TestDatabase};
use olivine_records::{Database, Options, sessions, users};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::model::{Key, Model, Spot, allow};

/// How many people there are.
pub(crate) const PEOPLE: usize = 4;
const COHORTS: usize = 3;
/// More would only make a history slower.
const MOST_KEYS: usize = 10;
/// 2026-01-01
const BEGINNING: i64 = 1_767_225_600_000_000;

/// By whom: the numbers are taken modulo how many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    Person(u8),
    Key(u8),
}

/// One step of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Invite { by: Who, whom: u8, grants: [u8; 4] },
    Accept { invitation: u8 },
    RevokeInvitation { by: Who, invitation: u8 },
    Change { by: Who, whom: u8, grants: [u8; 4] },
    Remove { by: Who, whom: u8 },
    MakeKey { by: Who, grants: [u8; 4] },
    RevokeKey { by: Who, key: u8 },
    MakePersonalKey { by: u8, grants: [u8; 4] },
    RequireSecondFactor { by: Who, on: bool },
    SetSecondFactor { whom: u8 },
}

/// How often each kind of step succeeded.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicU64; 9]);

const KINDS: [&str; 9] = [
    "an invitation",
    "an acceptance",
    "a revoked invitation",
    "a change",
    "a removal",
    "a key",
    "a revoked key",
    "a personal key",
    "a required second factor",
];

impl Counts {
    fn count(&self, kind: usize) {
        self.0[kind].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn assert_each_happened(&self) {
        for (kind, count) in KINDS.iter().zip(&self.0) {
            assert!(count.load(Ordering::Relaxed) > 0, "{kind} never succeeded: {self:?}");
        }
    }
}

/// What all histories share: each has an organization of its own.
pub(crate) struct Site {
    runtime: Runtime,
    ctx: Context,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
    _database: TestDatabase,
}

struct Human {
    user: User,
    token: SessionToken,
}

struct Invited {
    id: Id<Invitation>,
    token: LinkToken,
    whom: usize,
    grants: Grants,
    by: By,
    is_open: bool,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Person(usize),
    Key(usize),
    Operator,
}

struct World<'a> {
    ctx: &'a Context,
    counts: &'a Counts,
    organization: Id<Organization>,
    product: Id<Product>,
    cohorts: Vec<Id<Cohort>>,
    people: Vec<Human>,
    invitations: Vec<Invited>,
    model: Model,
}

impl Site {
    pub(crate) fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime needs nothing");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(AtomicI64::new(BEGINNING));
        let (ctx, database) = runtime.block_on(async {
            let database = testing::sqlite().await;
            let opened = Database::open(database.url(), Options::default()).await.expect("it opens");
            let tokens = TokenKey::derive(b"a secret for tests, of enough characters");
            let folders = Folders { base_url: "http://test".to_owned(), tokens: tokens.clone() };
            let content = folders.open(&folder.path().join("content")).await.expect("the folder opens");
            let storages = Storages::new(content, folders, SealKey::derive(b"a secret for tests"));
            let clock = Clock::Manual(Arc::clone(&clock));
            (Context::new(clock, opened, storages, tokens, Settings::default()), database)
        });
        Self { runtime, ctx, clock, _folder: folder, _database: database }
    }

    pub(crate) fn play(&self, steps: &[Step], counts: &Counts) -> Result<(), String> {
        self.runtime.block_on(async {
            let mut world = World::begin(&self.ctx, counts).await.map_err(|error| error.to_string())?;
            for (number, step) in steps.iter().enumerate() {
                self.clock.fetch_add(1_000, Ordering::Relaxed);
                let wrong = |what: String| format!("step {number}, {step:?}: {what}");
                world.take(*step).await.map_err(wrong)?;
                world.check().await.map_err(wrong)?;
            }
            Ok(())
        })
    }
}

/// What a step came to: what was refused changes nothing.
fn done<T>(result: Result<T, Error>) -> Result<Option<T>, String> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(Error::Internal(error)) => Err(error.to_string()),
        Err(_) => Ok(None),
    }
}

impl<'a> World<'a> {
    async fn begin(ctx: &'a Context, counts: &'a Counts) -> Result<Self, Error> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let operator = ServerOperator::on_this_machine();
        let name = format!("organization-{number}").parse().expect("a name");
        let organization = organizations::ensure(ctx, &operator.authorize(), &name).await?.id;
        let system = Actor::system(organization);
        let new = products::New { name: "product".parse().expect("a name"), description: None, target: None };
        let product = products::create(ctx, &system.authorize()?, NewId::Fresh, new).await?.id;
        let mut of_product = Vec::new();
        for name in ["a", "b", "c"].into_iter().take(COHORTS) {
            let new = cohorts::New { product, name: name.parse().expect("a name"), description: None };
            of_product.push(cohorts::create(ctx, &system.authorize()?, NewId::Fresh, new).await?.id);
        }
        let mut people = Vec::new();
        for person in 0..PEOPLE {
            people.push(human(ctx, &format!("person-{person}-{number}@example.com")).await?);
        }
        let mut world = Self {
            ctx,
            counts,
            organization,
            product,
            cohorts: of_product,
            people,
            invitations: Vec::new(),
            model: Model::default(),
        };
        world.invite_first().await?;
        Ok(world)
    }

    /// The first person administrates the organization.
    async fn invite_first(&mut self) -> Result<(), Error> {
        let grants = Grants::of_role(Role::Admin);
        let email = self.people[0].user.email.clone();
        let new = invitations::Create { id: NewId::Fresh, email, grants: grants.clone() };
        let by = ServerOperator::on_this_machine().authorize();
        let made = invitations::create_for_operator(self.ctx, &by, self.organization, new).await?;
        let token = made.token.expect("a new one has a link");
        let (id, by) = (made.invitation.id, By::Operator);
        self.invitations.push(Invited { id, token, whom: 0, grants, by, is_open: true });
        self.accept(0).await.map(drop).map_err(Error::internal)
    }

    fn spots(&self) -> Vec<Spot> {
        let cohorts = self.cohorts.iter().map(|cohort| Spot::Cohort(self.product, *cohort));
        std::iter::once(Spot::Whole).chain(cohorts).collect()
    }

    /// Grants that random numbers mean: mostly something that some can give.
    fn grants(&self, [what, role, reach, scopes]: [u8; 4]) -> Grants {
        let part = |cohorts: u8| Part {
            products: BTreeSet::new(),
            cohorts: (0..COHORTS).filter(|at| cohorts >> at & 1 == 1).map(|at| self.cohorts[at]).collect(),
        };
        let reach = match reach % 8 {
            0..3 => Reach::Whole,
            3 => Reach::Part(Part { products: BTreeSet::from([self.product]), cohorts: BTreeSet::new() }),
            _ => Reach::Part(part(reach / 8 % 7 + 1)),
        };
        let all = Scope::ALL;
        let some = [7, 31, 57].map(|by| all[(usize::from(scopes) * by + usize::from(role)) % all.len()]);
        let role = Grant { allowed: Allowed::Role(Role::ALL[usize::from(role) % 8]), reach: reach.clone() };
        let scopes = Grant { allowed: Allowed::Scopes(some.into_iter().collect()), reach };
        match what % 4 {
            0 | 1 => Grants::from_iter([role]),
            2 => Grants::from_iter([scopes]),
            _ => Grants::from_iter([role, scopes]),
        }
    }

    fn by(&self, who: Who) -> By {
        match who {
            Who::Key(key) if !self.model.keys.is_empty() => By::Key(usize::from(key) % self.model.keys.len()),
            // The first administrates the organization at the beginning, so that more of what it does succeeds.
            Who::Key(person) | Who::Person(person) if person < 128 => {
                By::Person(usize::from(person) % PEOPLE)
            }
            Who::Key(_) | Who::Person(_) => By::Person(0),
        }
    }

    async fn person(&self, person: usize) -> Result<Person, Error> {
        people::authenticate(self.ctx, &self.people[person].token, Origin::default()).await
    }

    /// As whom somebody acts, as a request finds it out.
    async fn actor(&self, by: By) -> Result<Actor, Error> {
        match by {
            By::Person(person) => people::act_in(self.ctx, &self.person(person).await?, &Chosen::Only),
            By::Key(key) => {
                api_keys::authenticate(self.ctx, &self.model.keys[key].secret, Origin::default()).await
            }
            By::Operator => Ok(Actor::system(self.organization)),
        }
    }

    fn may(&self, by: By, scope: Scope, spot: Spot) -> bool {
        match by {
            By::Person(person) => self.model.person_may(person, scope, spot),
            By::Key(key) => self.model.key_may(&self.model.keys[key], scope, spot),
            By::Operator => true,
        }
    }

    /// Whether all that is handed out is had by who does it.
    fn check_has(&self, by: By, needs: Scope, handed: &Grants) -> Result<(), String> {
        if !self.may(by, needs, Spot::Whole) {
            return Err(format!("{by:?} did what takes {}", needs.as_str()));
        }
        if self.has_all(by, handed) { Ok(()) } else { Err(format!("{by:?} handed out or took {handed}")) }
    }

    async fn take(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Invite { by, whom, grants } => {
                let (by, grants) = (self.by(by), self.grants(grants));
                self.invite(by, usize::from(whom) % PEOPLE, grants).await
            }
            Step::Accept { invitation } => {
                self.accept(usize::from(invitation) % self.invitations.len()).await
            }
            Step::RevokeInvitation { by, invitation } => {
                let at = usize::from(invitation) % self.invitations.len();
                self.revoke_invitation(self.by(by), at).await
            }
            Step::Change { by, whom, grants } => {
                let (by, grants) = (self.by(by), self.grants(grants));
                self.change(by, usize::from(whom) % PEOPLE, grants).await
            }
            Step::Remove { by, whom } => self.remove(self.by(by), usize::from(whom) % PEOPLE).await,
            Step::MakeKey { by, grants } => {
                let (by, grants) = (self.by(by), self.grants(grants));
                self.make_key(by, grants).await
            }
            Step::RevokeKey { by, key } if !self.model.keys.is_empty() => {
                self.revoke_key(self.by(by), usize::from(key) % self.model.keys.len()).await
            }
            Step::RevokeKey { .. } => Ok(()),
            Step::MakePersonalKey { by, grants } => {
                let grants = self.grants(grants);
                self.make_personal_key(usize::from(by) % PEOPLE, grants).await
            }
            Step::RequireSecondFactor { by, on } => self.require_second_factor(self.by(by), on).await,
            // Mostly of the first, who then may require one of the others.
            Step::SetSecondFactor { whom } => {
                self.set_second_factor(usize::from(whom.saturating_sub(64)) / 64 % PEOPLE).await
            }
        }
    }

    async fn invite(&mut self, by: By, whom: usize, grants: Grants) -> Result<(), String> {
        let Ok(actor) = self.actor(by).await else { return Ok(()) };
        let Ok(authorized) = actor.authorize::<scope::InvitationCreate>() else { return Ok(()) };
        let email = self.people[whom].user.email.clone();
        let new = invitations::Create { id: NewId::Fresh, email, grants: grants.clone() };
        let Some(made) = done(invitations::create(self.ctx, &authorized, new).await)? else { return Ok(()) };
        self.check_has(by, Scope::InvitationCreate, &grants)?;
        self.counts.count(0);
        let token = made.token.ok_or("a new invitation has a link")?;
        self.invitations.push(Invited { id: made.invitation.id, token, whom, grants, by, is_open: true });
        Ok(())
    }

    async fn accept(&mut self, at: usize) -> Result<(), String> {
        let Invited { whom, by, is_open, ref token, ref grants, .. } = self.invitations[at];
        let Ok(person) = self.person(whom).await else { return Ok(()) };
        let fresh = person.fresh(self.ctx).map_err(|error| error.to_string())?;
        if done(invitations::accept_as_user(self.ctx, token, fresh).await)?.is_none() {
            return Ok(());
        }
        if !is_open || self.model.members.contains_key(&whom) {
            return Err("an invitation was accepted that is over".to_owned());
        }
        // Who invited must still have all of it.
        let grants = grants.clone();
        if !self.has_all(by, &grants) {
            return Err(format!("what {by:?} may not give any more was given"));
        }
        self.counts.count(1);
        self.invitations[at].is_open = false;
        self.model.members.insert(whom, grants);
        Ok(())
    }

    fn has_all(&self, by: By, grants: &Grants) -> bool {
        let spots = self.spots();
        let each = |spot: &Spot| {
            Scope::ALL.iter().all(|scope| !allow(grants, *scope, *spot) || self.may(by, *scope, *spot))
        };
        spots.iter().all(each)
    }

    async fn revoke_invitation(&mut self, by: By, at: usize) -> Result<(), String> {
        let Ok(actor) = self.actor(by).await else { return Ok(()) };
        let Ok(authorized) = actor.authorize::<scope::InvitationRevoke>() else { return Ok(()) };
        if done(invitations::revoke(self.ctx, &authorized, self.invitations[at].id).await)?.is_some() {
            self.check_has(by, Scope::InvitationRevoke, &Grants::none())?;
            self.counts.count(2);
            self.invitations[at].is_open = false;
        }
        Ok(())
    }

    async fn membership(&self, whom: usize) -> Result<Option<Membership>, String> {
        let by = Actor::system(self.organization).authorize::<scope::MembershipRead>();
        let by = by.map_err(|error| error.to_string())?;
        let query = ListQuery { limit: Limit::MOST, ..ListQuery::default() };
        let page = memberships::list(self.ctx, &by, &query).await.map_err(|error| error.to_string())?;
        let found = page.items.into_iter().find(|member| member.user.id == self.people[whom].user.id);
        Ok(found.map(|member| member.membership))
    }

    async fn change(&mut self, by: By, whom: usize, grants: Grants) -> Result<(), String> {
        let Some(membership) = self.membership(whom).await? else { return Ok(()) };
        let Ok(actor) = self.actor(by).await else { return Ok(()) };
        let Ok(authorized) = actor.authorize::<scope::MembershipUpdate>() else { return Ok(()) };
        let changed = memberships::update(self.ctx, &authorized, membership.id, None, grants.clone()).await;
        if done(changed)?.is_some() {
            self.check_has(by, Scope::MembershipUpdate, &grants)?;
            self.check_has(by, Scope::MembershipUpdate, &membership.grants)?;
            self.counts.count(3);
            self.model.members.insert(whom, grants);
        }
        Ok(())
    }

    async fn remove(&mut self, by: By, whom: usize) -> Result<(), String> {
        let Some(membership) = self.membership(whom).await? else { return Ok(()) };
        let Ok(actor) = self.actor(by).await else { return Ok(()) };
        let Ok(authorized) = actor.authorize::<scope::MembershipDelete>() else { return Ok(()) };
        if done(memberships::delete(self.ctx, &authorized, membership.id).await)?.is_none() {
            return Ok(());
        }
        self.check_has(by, Scope::MembershipDelete, &membership.grants)?;
        self.counts.count(4);
        self.model.members.remove(&whom);
        // What descends from them is dead, and stays so when they come back.
        for key in self.model.keys.iter_mut().filter(|key| key.owner == Some(whom)) {
            key.is_revoked = true;
        }
        for invited in self.invitations.iter_mut().filter(|invited| invited.by == By::Person(whom)) {
            invited.is_open = false;
        }
        Ok(())
    }

    fn new_key(&self, grants: &Grants) -> api_keys::Create {
        let name = format!("key {}", self.model.keys.len()).parse().expect("a name");
        api_keys::Create { id: NewId::Fresh, name, grants: grants.clone(), expires_at: None, owner: None }
    }

    fn add_key(
        &mut self,
        made: &api_keys::Created,
        grants: Grants,
        owner: Option<usize>,
    ) -> Result<(), String> {
        let secret = made.secret.as_ref().ok_or("a new key has a secret")?.reveal().to_owned();
        self.model.keys.push(Key { id: made.api_key.id, secret, grants, owner, is_revoked: false });
        Ok(())
    }

    async fn make_key(&mut self, by: By, grants: Grants) -> Result<(), String> {
        let Ok(actor) = self.actor(by).await else { return Ok(()) };
        let Ok(authorized) = actor.authorize::<scope::ApiKeyCreate>() else { return Ok(()) };
        if self.model.keys.len() >= MOST_KEYS {
            return Ok(());
        }
        let made = api_keys::create(self.ctx, &authorized, self.new_key(&grants)).await;
        let Some(made) = done(made)? else { return Ok(()) };
        self.check_has(by, Scope::ApiKeyCreate, &grants)?;
        self.counts.count(5);
        self.add_key(&made, grants, None)
    }

    async fn revoke_key(&mut self, by: By, at: usize) -> Result<(), String> {
        let Ok(actor) = self.actor(by).await else { return Ok(()) };
        let Ok(authorized) = actor.authorize::<scope::ApiKeyRevoke>() else { return Ok(()) };
        let key = self.model.keys[at].clone();
        if done(api_keys::revoke(self.ctx, &authorized, key.id).await)?.is_some() {
            self.check_has(by, Scope::ApiKeyRevoke, &key.grants)?;
            self.counts.count(6);
            self.model.keys[at].is_revoked = true;
        }
        Ok(())
    }

    async fn make_personal_key(&mut self, owner: usize, grants: Grants) -> Result<(), String> {
        let Ok(actor) = self.actor(By::Person(owner)).await else { return Ok(()) };
        if self.model.keys.len() >= MOST_KEYS {
            return Ok(());
        }
        let person = self.person(owner).await.map_err(|error| error.to_string())?;
        let fresh = person.fresh(self.ctx).map_err(|error| error.to_string())?;
        let made = api_keys::create_personal(self.ctx, fresh, &actor, self.new_key(&grants)).await;
        let Some(made) = done(made)? else { return Ok(()) };
        self.counts.count(7);
        self.add_key(&made, grants, Some(owner))
    }

    async fn require_second_factor(&mut self, by: By, on: bool) -> Result<(), String> {
        let Ok(actor) = self.actor(by).await else { return Ok(()) };
        let Ok(authorized) = actor.authorize::<scope::OrganizationUpdate>() else { return Ok(()) };
        let change =
            organizations::Change { require_second_factor: Some(on), ..organizations::Change::default() };
        let was = self.model.requires_second_factor;
        if done(organizations::update(self.ctx, &authorized, None, change).await)?.is_none() || was == on {
            return Ok(());
        }
        self.check_has(by, Scope::OrganizationUpdate, &Grants::none())?;
        let person = match by {
            By::Person(person) => Some(person),
            By::Key(key) => self.model.keys[key].owner,
            By::Operator => None,
        };
        if on && person.is_some_and(|person| !self.model.second_factors[person]) {
            return Err("somebody without a second factor required one".to_owned());
        }
        if !on && matches!(by, By::Key(_)) {
            return Err("a key ended that a second factor is required".to_owned());
        }
        self.counts.count(8);
        self.model.requires_second_factor = on;
        Ok(())
    }

    /// As if the person had set one up, or removed it.
    async fn set_second_factor(&mut self, whom: usize) -> Result<(), String> {
        let change = async {
            let w = self.ctx.db().write().await?;
            let old = users::get(&w, self.people[whom].user.id).await?;
            let since = if old.second_factor_since.is_some() { None } else { Some(self.ctx.now()) };
            let new = User { second_factor_since: since, revision: old.revision.next(), ..old.clone() };
            users::update(&w, &old, &new).await?;
            w.commit().await?;
            Ok::<_, olivine_records::Error>(since.is_some())
        };
        self.model.second_factors[whom] = change.await.map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Everybody may exactly what the model says, and sees the cohorts that it says.
    async fn check(&self) -> Result<(), String> {
        let people = (0..PEOPLE).map(By::Person);
        for by in people.chain((0..self.model.keys.len()).map(By::Key)) {
            let actor = self.actor(by).await.ok();
            for scope in Scope::ALL {
                let may = actor.as_ref().is_some_and(|actor| actor.may(*scope));
                let should = self.spots().into_iter().any(|spot| self.may(by, *scope, spot));
                if may != should {
                    return Err(format!("{by:?} may {}: {may}, and not {should}", scope.as_str()));
                }
            }
            self.check_places(by, actor.as_ref()).await?;
        }
        Ok(())
    }

    async fn check_places(&self, by: By, actor: Option<&Actor>) -> Result<(), String> {
        let Some(actor) = actor else { return Ok(()) };
        if let By::Key(key) = by
            && self.model.keys[key].is_revoked
        {
            return Err(format!("{by:?} was revoked, and is accepted"));
        }
        for cohort in &self.cohorts {
            let spot = Spot::Cohort(self.product, *cohort);
            let tenancies = [
                (Scope::CohortRead, actor.authorize::<scope::CohortRead>().map(|by| by.tenancy())),
                (Scope::DeviceTag, actor.authorize::<scope::DeviceTag>().map(|by| by.tenancy())),
                (Scope::DeviceUpdate, actor.authorize::<scope::DeviceUpdate>().map(|by| by.tenancy())),
                (Scope::ReleaseCreate, actor.authorize::<scope::ReleaseCreate>().map(|by| by.tenancy())),
                (Scope::ReleaseStop, actor.authorize::<scope::ReleaseStop>().map(|by| by.tenancy())),
                (
                    Scope::BundleOverrideForDevice,
                    actor.authorize::<scope::BundleOverrideForDevice>().map(|by| by.tenancy()),
                ),
            ];
            for (scope, tenancy) in tenancies {
                let reaches = |tenancy: &olivine_domain::permissions::Tenancy| {
                    tenancy.changed().unwrap_or(tenancy.seen()).contain(Some(self.product), Some(*cohort))
                };
                let may = tenancy.as_ref().is_ok_and(reaches);
                if may != self.may(by, scope, spot) {
                    return Err(format!("{by:?} reaches {} with {}: {may}", cohort.uuid(), scope.as_str()));
                }
            }
        }
        let Ok(reading) = actor.authorize::<scope::CohortRead>() else { return Ok(()) };
        let query = ListQuery { limit: Limit::MOST, ..ListQuery::default() };
        let page = cohorts::list(self.ctx, &reading, &query).await.map_err(|error| error.to_string())?;
        let shown: BTreeSet<_> = page.items.iter().map(|cohort| cohort.id).collect();
        let spots = self
            .cohorts
            .iter()
            .filter(|id| self.may(by, Scope::CohortRead, Spot::Cohort(self.product, **id)));
        if shown == spots.copied().collect() {
            Ok(())
        } else {
            Err(format!("{by:?} is shown {} cohorts", shown.len()))
        }
    }
}

/// A user of the installation with a session.
async fn human(ctx: &Context, email: &str) -> Result<Human, Error> {
    let now: Timestamp = ctx.now();
    let user = User {
        id: ctx.new_id(),
        email: email.parse().expect("an address"),
        name: "Somebody".parse().expect("a name"),
        is_administrator: false,
        second_factor_since: None,
        disabled_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    };
    let session = UserSession {
        id: ctx.new_id(),
        user: user.id,
        client: None,
        address: None,
        has_second_factor: false,
        authenticated_at: now,
        last_seen_at: now,
        inserted_at: now,
    };
    let token = SessionToken::from_random(ctx.random_bytes());
    let w = ctx.db().write().await?;
    users::insert(&w, &user, &users::Credentials::default()).await?;
    sessions::insert(&w, &session, &token.hash()).await?;
    w.commit().await?;
    Ok(Human { user, token })
}
