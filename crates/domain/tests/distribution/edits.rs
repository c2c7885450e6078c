//! Edits of a channel: whatever operators do, what is accepted leaves it valid, and what is refused would not have.

use std::fmt::Write as _;
use std::time::Duration;

use olivine_domain::refusals::Refusal as _;
use olivine_domain::releases::Release;
use olivine_domain::releases::channel::{Broken, Channel, ChannelRefusal, Links, Placement};
use olivine_domain::{Id, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::channels::{channel, id, line, now, numeric, release, tomorrow};

/// What an operator tries.
#[derive(Clone, Debug)]
enum Edit {
    Create(u8, Index, Index, Constraint),
    Delete(Index),
    Repoint(Index, Option<Index>),
    Constrain(Index, Constraint),
    Wait,
}

#[derive(Clone, Copy, Debug)]
enum Constraint {
    None,
    Phase,
    Schedule,
}

impl Constraint {
    fn apply(self, release: &mut Release, now: Timestamp) {
        let plain = crate::channels::release(0, None);
        release.phase = if matches!(self, Self::Phase) { numeric(0.5) } else { plain.phase };
        let later = now.plus(Duration::from_secs(100));
        release.schedule_date = matches!(self, Self::Schedule).then_some(later);
    }
}

fn edits() -> impl Strategy<Value = Edit> {
    let constraint = || prop_oneof![4 => Just(Constraint::None), 1 => Just(Constraint::Phase), 1 => Just(Constraint::Schedule)];
    let index = any::<Index>;
    prop_oneof![
        5 => (0..4_u8, index(), index(), constraint()).prop_map(|(kind, a, b, c)| Edit::Create(kind, a, b, c)),
        2 => index().prop_map(Edit::Delete),
        3 => (index(), prop::option::weighted(0.8, index())).prop_map(|(a, b)| Edit::Repoint(a, b)),
        3 => (index(), constraint()).prop_map(|(a, c)| Edit::Constrain(a, c)),
        1 => Just(Edit::Wait),
    ]
}

/// The stored releases of a cohort.
struct Store {
    releases: Vec<Release>,
    made: u32,
    now: Timestamp,
}

impl Store {
    fn relink(&mut self, links: &Links) {
        for (id, next) in &links.relink {
            self.releases.iter_mut().find(|release| release.id == *id).unwrap().next = *next;
        }
    }

    /// Whether the channel keeps all of its rules at this moment.
    fn is_valid(&self) -> bool {
        let early = |release: &Release| release.next.is_some() && release.is_constrained(self.now);
        Channel::new(self.releases.clone()).is_ok() && !self.releases.iter().any(early)
    }

    fn pick(&self, index: Index) -> Option<Id<Release>> {
        (!self.releases.is_empty()).then(|| index.get(&self.releases).id)
    }

    /// What was planned for an edit, and the store as it is if the edit is made, whatever was planned.
    fn attempt(&self, edit: &Edit) -> Option<(Result<Links, ChannelRefusal>, Store)> {
        let channel = channel(&self.releases);
        let mut after = Store { releases: self.releases.clone(), made: self.made + 1, now: self.now };
        let plan = match edit {
            Edit::Create(kind, a, b, constraint) => {
                let mut new = release(after.made, None);
                constraint.apply(&mut new, self.now);
                let (a, b) = (self.pick(*a), self.pick(*b));
                let placement = match (kind, a, b) {
                    (1, Some(a), _) => Placement::Before(a),
                    (2, Some(a), _) => Placement::After(a),
                    (3, Some(previous), Some(next)) => Placement::Between { previous, next },
                    _ => Placement::Sink,
                };
                let plan = channel.plan_create(&new, placement, self.now);
                let links = plan.clone().unwrap_or_else(|_| naive_create(&channel, &new, placement));
                new.next = links.next_of_new;
                after.releases.push(new);
                after.relink(&links);
                plan
            }
            Edit::Delete(index) => {
                let id = self.pick(*index)?;
                let plan = channel.plan_delete(id);
                let next = channel.get(id)?.next;
                let naive = || channel.previous(id).map(|previous| (previous.id, next)).collect();
                let links = plan.clone().unwrap_or_else(|_| Links { next_of_new: None, relink: naive() });
                after.relink(&links);
                after.releases.retain(|release| release.id != id);
                plan
            }
            Edit::Repoint(index, next) => {
                let id = self.pick(*index)?;
                let next = next.and_then(|next| self.pick(next));
                let plan = channel.plan_repoint(id, next);
                after.relink(&Links { next_of_new: None, relink: vec![(id, next)] });
                plan
            }
            Edit::Constrain(index, constraint) => {
                let id = self.pick(*index)?;
                let changed = after.releases.iter_mut().find(|release| release.id == id)?;
                constraint.apply(changed, self.now);
                channel.plan_constraint(changed, self.now).map(|()| Links::default())
            }
            Edit::Wait => {
                after.now = self.now.plus(Duration::from_secs(101));
                Ok(Links::default())
            }
        };
        Some((plan, after))
    }
}

/// Where a release would go if no rule stood in the way.
fn naive_create(channel: &Channel, new: &Release, placement: Placement) -> Links {
    let (previous, next) = match placement {
        Placement::Sink => (channel.sink().map(|sink| sink.id), None),
        Placement::Before(next) => (None, Some(next)),
        Placement::After(previous) => (Some(previous), channel.get(previous).unwrap().next),
        Placement::Between { previous, next } => (Some(previous), Some(next)),
    };
    Links {
        next_of_new: next,
        relink: previous.map(|previous| (previous, Some(new.id))).into_iter().collect(),
    }
}

proptest! {
    #[test]
    fn accepted_edits_keep_the_channel_valid(edits in prop::collection::vec(edits(), 1..40)) {
        let mut store = Store { releases: Vec::new(), made: 0, now: now() };
        for edit in edits {
            let Some((plan, after)) = store.attempt(&edit) else { continue };
            match plan {
                Ok(_) => {
                    prop_assert!(after.is_valid(), "{:?} made {:?}", edit, after.releases);
                    let sinks = after.releases.iter().filter(|release| release.next.is_none()).count();
                    prop_assert_eq!(sinks, usize::from(!after.releases.is_empty()));
                    store = after;
                }
                Err(ChannelRefusal::NotNeighbours { .. }) => {}
                Err(refusal) => prop_assert!(!after.is_valid(), "{:?} is refused in vain: {}", edit, refusal),
            }
        }
    }
}

/// Three in a line, of which the last is phased, and a fourth that also points to it.
fn phased() -> Channel {
    let mut releases = line(3);
    releases[2].phase = numeric(0.5);
    releases.push(release(4, Some(3)));
    channel(&releases)
}

#[test]
fn refusals_say_which_rule_and_which_release() {
    let (channel, later) = (phased(), tomorrow());
    let mut scheduled = release(5, None);
    scheduled.schedule_date = Some(later);
    let mut second = release(2, Some(3));
    second.phase = numeric(2.0);
    let between = Placement::Between { previous: id(1), next: id(3) };
    let refusals = [
        channel.plan_create(&release(5, None), Placement::Before(id(99)), now()).unwrap_err(),
        channel.plan_create(&release(5, None), Placement::Sink, now()).unwrap_err(),
        channel.plan_create(&release(5, None), Placement::After(id(3)), now()).unwrap_err(),
        channel.plan_create(&scheduled, Placement::Before(id(3)), now()).unwrap_err(),
        channel.plan_create(&release(5, None), between, now()).unwrap_err(),
        channel.plan_constraint(&second, now()).unwrap_err(),
        channel.plan_repoint(id(2), Some(id(1))).unwrap_err(),
        channel.plan_repoint(id(2), None).unwrap_err(),
        channel.plan_delete(id(3)).unwrap_err(),
    ];
    let mut report = String::new();
    for refusal in refusals {
        writeln!(report, "{}\n    {refusal}", refusal.code()).unwrap();
    }
    insta::assert_snapshot!(report);
}

#[test]
fn accepted_edits_say_what_to_write() {
    let plain = channel(&line(3));
    let (new, now) = (release(4, None), now());
    let links = |next: Option<u32>, relink: &[(u32, Option<u32>)]| Links {
        next_of_new: next.map(id),
        relink: relink.iter().map(|(release, next)| (id(*release), next.map(id))).collect(),
    };
    let create = |placement| plain.plan_create(&new, placement, now).unwrap();
    assert_eq!(create(Placement::Sink), links(None, &[(3, Some(4))]));
    assert_eq!(create(Placement::After(id(3))), links(None, &[(3, Some(4))]));
    assert_eq!(create(Placement::After(id(1))), links(Some(2), &[(1, Some(4))]));
    assert_eq!(create(Placement::Before(id(1))), links(Some(1), &[]));
    let between = Placement::Between { previous: id(2), next: id(3) };
    assert_eq!(create(between), links(Some(3), &[(2, Some(4))]));
    assert_eq!(plain.plan_delete(id(2)).unwrap(), links(None, &[(1, Some(3))]));
    assert_eq!(plain.plan_delete(id(3)).unwrap(), links(None, &[(2, None)]));
    assert_eq!(plain.plan_repoint(id(1), Some(id(3))).unwrap(), links(None, &[(1, Some(3))]));
    assert_eq!(plain.plan_repoint(id(1), Some(id(2))).unwrap(), Links::default());
    let empty = Channel::new(Vec::new()).unwrap();
    assert_eq!(empty.plan_create(&new, Placement::Sink, now).unwrap(), Links::default());
}

#[test]
fn a_schedule_that_has_come_no_longer_holds_the_channel() {
    let mut releases = line(2);
    releases[1].schedule_date = Some(tomorrow());
    let channel = channel(&releases);
    assert!(channel.plan_create(&release(3, None), Placement::Sink, now()).is_err());
    assert!(channel.plan_create(&release(3, None), Placement::Sink, tomorrow()).is_ok());
}

#[test]
fn damage_is_named() {
    let broken = |change: fn(&mut Vec<Release>)| {
        let mut releases = line(4);
        change(&mut releases);
        Channel::new(releases).unwrap_err()
    };
    let damages: [Broken; 6] = [
        broken(|releases| releases.push(releases[1].clone())),
        broken(|releases| releases[1].cohort = id(1)),
        broken(|releases| releases[1].next = None),
        broken(|releases| releases[1].next = Some(id(99))),
        broken(|releases| releases[2].next = Some(id(2))),
        broken(|releases| releases[2].phase = numeric(0.0)),
    ];
    insta::assert_snapshot!(damages.map(|broken| broken.to_string()).join("\n"));
}
