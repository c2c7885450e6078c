//! Edits of a graph: whatever operators do, what is accepted leaves it valid, and what is refused would not have.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use olivine_domain::refusals::Refusal as _;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::{Broken, GraphRefusal, Links, Placement, ReleaseGraph};
use olivine_domain::{Id, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::graphs::{archived, graph, id, line, now, numeric, release, tomorrow};

/// What an operator tries.
#[derive(Clone, Debug)]
enum Edit {
    Create(u8, Index, Index, Constraint),
    Delete(Index),
    Archive(Index),
    Unarchive(u8, Index, Index, Index),
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
        let plain = crate::graphs::release(0, None);
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
        3 => index().prop_map(Edit::Archive),
        3 => (0..4_u8, index(), index(), index()).prop_map(|(kind, one, a, b)| Edit::Unarchive(kind, one, a, b)),
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
            self.find(*id).next = *next;
        }
    }

    fn find(&mut self, id: Id<Release>) -> &mut Release {
        self.releases.iter_mut().find(|release| release.id == id).unwrap()
    }

    fn placement(&self, kind: u8, a: Index, b: Index) -> Placement {
        match (kind, self.pick(a), self.pick(b)) {
            (1, Some(a), _) => Placement::Before(a),
            (2, Some(a), _) => Placement::After(a),
            (3, Some(previous), Some(next)) => Placement::Between { previous, next },
            _ => Placement::Sink,
        }
    }

    /// Whether each archived release leads to a release on the path, or to none, and where `ends` says so.
    fn leads_archived_to(&self, ends: &HashMap<Id<Release>, Option<Id<Release>>>) -> bool {
        let path =
            |id: &Id<Release>| self.releases.iter().any(|one| one.id == *id && one.archived_at.is_none());
        let archived = self.releases.iter().filter(|release| release.archived_at.is_some());
        archived.map(|release| (release.id, release.next)).all(|(id, next)| {
            next.is_none_or(|next| path(&next)) && ends.get(&id).is_none_or(|before| next == *before)
        })
    }

    /// Whether the graph keeps all of its rules at this moment.
    fn is_valid(&self) -> bool {
        let early = |release: &Release| {
            release.archived_at.is_none() && release.next.is_some() && release.is_constrained(self.now)
        };
        ReleaseGraph::new(self.releases.clone()).is_ok() && !self.releases.iter().any(early)
    }

    fn pick(&self, index: Index) -> Option<Id<Release>> {
        (!self.releases.is_empty()).then(|| index.get(&self.releases).id)
    }

    /// What was planned for an edit, and the store as it is if the edit is made, whatever was planned.
    fn attempt(&self, edit: &Edit) -> Option<(Result<Links, GraphRefusal>, Store)> {
        let graph = graph(&self.releases);
        let mut after = Store { releases: self.releases.clone(), made: self.made + 1, now: self.now };
        let plan = match edit {
            Edit::Create(kind, a, b, constraint) => {
                let mut new = release(after.made, None);
                constraint.apply(&mut new, self.now);
                let placement = self.placement(*kind, *a, *b);
                let plan = graph.plan_create(&new, placement, self.now);
                let links = plan.clone().unwrap_or_else(|_| naive_create(&graph, &new, placement));
                new.next = links.next_of_new;
                after.releases.push(new);
                after.relink(&links);
                plan
            }
            Edit::Delete(index) => {
                let id = self.pick(*index)?;
                let plan = graph.plan_delete(id);
                after.relink(&plan.clone().unwrap_or_else(|_| naive_removal(&graph, id)));
                after.releases.retain(|release| release.id != id);
                plan
            }
            Edit::Archive(index) => {
                let id = self.pick(*index)?;
                let plan = graph.plan_archive(id);
                after.relink(&plan.clone().unwrap_or_else(|_| naive_removal(&graph, id)));
                after.find(id).archived_at = Some(self.now);
                plan
            }
            Edit::Unarchive(kind, index, a, b) => {
                let archived = graph.known(self.pick(*index)?)?;
                archived.archived_at?;
                let placement = self.placement(*kind, *a, *b);
                let plan = graph.plan_create(archived, placement, self.now);
                let links = plan.clone().unwrap_or_else(|_| naive_create(&graph, archived, placement));
                after.relink(&links);
                let back = after.find(archived.id);
                (back.archived_at, back.next) = (None, links.next_of_new);
                plan
            }
            Edit::Repoint(index, next) => {
                let id = self.pick(*index)?;
                let next = next.and_then(|next| self.pick(next));
                let plan = graph.plan_repoint(id, next);
                after.relink(&Links { next_of_new: None, relink: vec![(id, next)] });
                plan
            }
            Edit::Constrain(index, constraint) => {
                let id = self.pick(*index)?;
                let changed = after.releases.iter_mut().find(|release| release.id == id)?;
                constraint.apply(changed, self.now);
                graph.plan_constraint(changed, self.now).map(|()| Links::default())
            }
            Edit::Wait => {
                after.now = self.now.plus(Duration::from_secs(101));
                Ok(Links::default())
            }
        };
        Some((plan, after))
    }
}

/// What would be written if no rule stood in the way of taking a release out of the path.
fn naive_removal(graph: &ReleaseGraph, id: Id<Release>) -> Links {
    let next = graph.get(id).and_then(|release| release.next);
    let relink = graph.previous(id).map(|previous| (previous.id, next)).collect();
    Links { next_of_new: None, relink }
}

/// Where a release would go if no rule stood in the way.
fn naive_create(graph: &ReleaseGraph, new: &Release, placement: Placement) -> Links {
    let (previous, next) = match placement {
        Placement::Sink => (graph.sink().map(|sink| sink.id), None),
        Placement::Before(next) => (None, Some(next)),
        Placement::After(previous) => (Some(previous), graph.known(previous).unwrap().next),
        Placement::Between { previous, next } => (Some(previous), Some(next)),
    };
    Links {
        next_of_new: next,
        relink: previous.map(|previous| (previous, Some(new.id))).into_iter().collect(),
    }
}

/// To which release the devices of each archived one go on after an edit, if the next ones of before are followed until one is left. Where
/// nothing followed, it is a new sink, if there is one.
fn onward(before: &Store, after: &Store) -> HashMap<Id<Release>, Option<Id<Release>>> {
    let of = |store: &Store, id: Id<Release>| store.releases.iter().find(|release| release.id == id).cloned();
    let is_left = |id: &Id<Release>| of(after, *id).is_some_and(|release| release.archived_at.is_none());
    let follow = |release: Release| {
        let mut next = release.next;
        while let Some(id) = next.filter(|id| !is_left(id)) {
            next = of(before, id).and_then(|gone| gone.next);
        }
        next
    };
    let sink = after.releases.iter().find(|release| release.archived_at.is_none() && release.next.is_none());
    let was_on_path = |id| of(before, id).is_some_and(|release| release.archived_at.is_none());
    let new_sink = sink.map(|sink| sink.id).filter(|id| !was_on_path(*id));
    let archived = after.releases.iter().filter(|release| release.archived_at.is_some());
    archived.filter_map(|release| Some((release.id, follow(of(before, release.id)?).or(new_sink)))).collect()
}

proptest! {
    #[test]
    fn accepted_edits_keep_the_graph_valid(edits in prop::collection::vec(edits(), 1..40)) {
        let mut store = Store { releases: Vec::new(), made: 0, now: now() };
        for edit in edits {
            let Some((plan, after)) = store.attempt(&edit) else { continue };
            match plan {
                Ok(_) => {
                    prop_assert!(after.is_valid(), "{:?} made {:?}", edit, after.releases);
                    let path: Vec<_> = after.releases.iter().filter(|release| release.archived_at.is_none()).collect();
                    let sinks = path.iter().filter(|release| release.next.is_none()).count();
                    prop_assert_eq!(sinks, usize::from(!path.is_empty()));
                    prop_assert!(after.leads_archived_to(&onward(&store, &after)), "{:?} made {:?}", edit, after.releases);
                    store = after;
                }
                // Of an archived release, only taking it back has a meaning.
                Err(GraphRefusal::NotNeighbours { .. } | GraphRefusal::Archived(_)) => {}
                Err(refusal) => prop_assert!(!after.is_valid(), "{:?} is refused in vain: {}", edit, refusal),
            }
        }
    }
}

/// Three in a line, of which the last is phased, and a fourth that also points to it.
fn phased() -> ReleaseGraph {
    let mut releases = line(3);
    releases[2].phase = numeric(0.5);
    releases.push(release(4, Some(3)));
    graph(&releases)
}

#[test]
fn refusals_say_which_rule_and_which_release() {
    let (graph, later) = (phased(), tomorrow());
    let mut scheduled = release(5, None);
    scheduled.schedule_date = Some(later);
    let mut second = release(2, Some(3));
    second.phase = numeric(2.0);
    let between = Placement::Between { previous: id(1), next: id(3) };
    let refusals = [
        graph.plan_create(&release(5, None), Placement::Before(id(99)), now()).unwrap_err(),
        graph.plan_create(&release(5, None), Placement::Sink, now()).unwrap_err(),
        graph.plan_create(&release(5, None), Placement::After(id(3)), now()).unwrap_err(),
        graph.plan_create(&scheduled, Placement::Before(id(3)), now()).unwrap_err(),
        graph.plan_create(&release(5, None), between, now()).unwrap_err(),
        graph.plan_constraint(&second, now()).unwrap_err(),
        graph.plan_repoint(id(2), Some(id(1))).unwrap_err(),
        graph.plan_repoint(id(2), None).unwrap_err(),
        graph.plan_delete(id(3)).unwrap_err(),
        graph.plan_archive(id(3)).unwrap_err(),
        with_archived().plan_archive(id(2)).unwrap_err(),
        with_archived().plan_create(&release(5, None), Placement::After(id(2)), now()).unwrap_err(),
    ];
    let mut report = String::new();
    for refusal in refusals {
        writeln!(report, "{}\n    {refusal}", refusal.code()).unwrap();
    }
    insta::assert_snapshot!(report);
}

/// R1 → R3, with R2 archived: its devices go on to R3.
fn with_archived() -> ReleaseGraph {
    let mut releases = line(3);
    releases[0].next = Some(id(3));
    releases[1].archived_at = Some(now());
    graph(&releases)
}

#[test]
fn archived_releases_are_linked_to_what_their_next_ones_became() {
    let links = |next: Option<u32>, relink: &[(u32, Option<u32>)]| Links {
        next_of_new: next.map(id),
        relink: relink.iter().map(|(release, next)| (id(*release), next.map(id))).collect(),
    };
    let graph = with_archived();
    assert_eq!(graph.plan_archive(id(3)).unwrap(), links(None, &[(1, None), (2, None)]));
    assert_eq!(graph.plan_delete(id(3)).unwrap(), links(None, &[(1, None), (2, None)]));
    assert_eq!(graph.plan_archive(id(1)).unwrap(), Links::default());
    assert_eq!(graph.plan_delete(id(2)).unwrap(), Links::default());
    let archived = graph.known(id(2)).unwrap();
    let back = |placement| graph.plan_create(archived, placement, now()).unwrap();
    assert_eq!(back(Placement::Sink), links(None, &[(3, Some(2))]));
    assert_eq!(back(Placement::After(id(1))), links(Some(3), &[(1, Some(2))]));
    assert_eq!(back(Placement::Before(id(1))), links(Some(1), &[]));
    // With nothing left on the path, and with a new latest release.
    let mut releases = line(2);
    (releases[0].archived_at, releases[1].archived_at) = (Some(now()), Some(now()));
    releases[0].next = None;
    let nothing_left = crate::graphs::graph(&releases);
    let first = release(3, None);
    assert_eq!(
        nothing_left.plan_create(&first, Placement::Sink, now()).unwrap(),
        links(None, &[(1, Some(3)), (2, Some(3))])
    );
    let onto_itself = graph.plan_create(archived, Placement::Before(id(2)), now());
    assert!(matches!(onto_itself, Err(GraphRefusal::Archived(_))), "{onto_itself:?}");
}

#[test]
fn accepted_edits_say_what_to_write() {
    let plain = graph(&line(3));
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
    let empty = ReleaseGraph::new(Vec::new()).unwrap();
    assert_eq!(empty.plan_create(&new, Placement::Sink, now).unwrap(), Links::default());
}

#[test]
fn a_schedule_that_has_come_no_longer_holds_the_graph() {
    let mut releases = line(2);
    releases[1].schedule_date = Some(tomorrow());
    let graph = graph(&releases);
    assert!(graph.plan_create(&release(3, None), Placement::Sink, now()).is_err());
    assert!(graph.plan_create(&release(3, None), Placement::Sink, tomorrow()).is_ok());
}

#[test]
fn damage_is_named() {
    let broken = |change: fn(&mut Vec<Release>)| {
        let mut releases = line(4);
        change(&mut releases);
        ReleaseGraph::new(releases).unwrap_err()
    };
    let damages: [Broken; 7] = [
        broken(|releases| releases.push(releases[1].clone())),
        broken(|releases| releases[1].cohort = id(1)),
        broken(|releases| releases[1].next = None),
        broken(|releases| releases[1].next = Some(id(99))),
        broken(|releases| releases[2].next = Some(id(2))),
        broken(|releases| releases[2].phase = numeric(0.0)),
        broken(|releases| releases.extend([archived(8, Some(9)), archived(9, Some(1))])),
    ];
    insta::assert_snapshot!(damages.map(|broken| broken.to_string()).join("\n"));
}
