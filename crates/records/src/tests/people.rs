//! Users, memberships, sessions and links: read as they were written, and whatever is good once is used once, however many try.

use std::net::{IpAddr, Ipv4Addr};

use futures_util::future::join_all;
use olivine_domain::authenticators::RecoveryCode;
use olivine_domain::guessing::Failures;
use olivine_domain::invitations::{Invitation, LinkPurpose, LinkToken};
use olivine_domain::memberships::{Member, Membership, Place};
use olivine_domain::organizations::Revision;
use olivine_domain::sessions::{BrowserToken, SessionToken, UserSession};
use olivine_domain::users::User;
use olivine_domain::views::{Audience, Room, View};

use super::*;
use crate::error::Constraint;
use crate::users::Credentials;
use crate::*;

fn user(email: &str) -> User {
    User {
        id: fresh(),
        email: email.parse().unwrap(),
        name: "Ada".parse().unwrap(),
        is_administrator: true,
        second_factor_since: None,
        disabled_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn session(user: &User, began: Timestamp) -> UserSession {
    UserSession {
        id: fresh(),
        user: user.id,
        client: Some("a browser".to_owned()),
        address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        has_second_factor: false,
        authenticated_at: began,
        last_seen_at: began,
        inserted_at: began,
    }
}

on_both! {
    async fn a_user_and_what_proves_who_they_are(database) {
        let record = user("ada@example.com");
        let secret = Credentials { password_hash: Some("$argon2id$…".to_owned()), ..Credentials::default() };
        commit!(database, |write| users::insert(&write, &record, &secret).await).unwrap();
        assert_eq!(users::find_by_email(&*database, &record.email).await.unwrap(), Some((record.clone(), secret.clone())));
        let twin = user("ada@example.com");
        let refused = commit!(database, |write| users::insert(&write, &twin, &secret).await);
        assert!(matches!(refused, Err(Error::Duplicate(Constraint::UserEmail))), "{refused:?}");
        let new = User { second_factor_since: Some(at(1)), disabled_at: Some(at(2)), revision: record.revision.next(), ..record.clone() };
        commit!(database, |write| users::update(&write, &record, &new).await).unwrap();
        assert_eq!(users::get(&*database, record.id).await.unwrap(), new);
        assert_eq!(users::credentials_of(&*database, record.id).await.unwrap(), secret, "a change of the record leaves them alone");
        assert!(is_conflict(&commit!(database, |write| users::update(&write, &record, &new).await)));
        let write = database.write().await.unwrap();
        assert!(!users::rehash(&write, record.id, "another", "new").await.unwrap());
        assert!(users::rehash(&write, record.id, "$argon2id$…", "new").await.unwrap());
        users::delete(&write, record.id).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(users::find(&*database, record.id).await.unwrap(), None);
    }

    async fn memberships_and_invitations_are_of_one_organization(database) {
        let Frame { organization: owner, .. } = frame(&database).await;
        let other = organization();
        let who = user("ada@example.com");
        let membership = Membership {
            id: fresh(),
            organization: owner.id,
            user: who.id,
            grants: "role developer\nscopes binary.sign".parse().unwrap(),
            revision: Revision::FIRST,
            inserted_at: at(0),
            updated_at: at(0),
        };
        let invitation = Invitation {
            id: fresh(),
            organization: owner.id,
            email: "grace@example.com".parse().unwrap(),
            grants: Grants::of_role(Role::Viewer),
            invited_by: Identity::User(who.id).into(),
            expires_at: at(9),
            accepted_at: None,
            revoked_at: None,
            revision: Revision::FIRST,
            inserted_at: at(0),
            updated_at: at(0),
        };
        let token = LinkToken::from_random([3; 32]);
        let write = database.write().await.unwrap();
        organizations::insert(&write, &other).await.unwrap();
        users::insert(&write, &who, &Credentials::default()).await.unwrap();
        memberships::insert(&write, &membership).await.unwrap();
        users::note_membership_change(&write, who.id).await.unwrap();
        invitations::insert(&write, &invitation, &token.hash()).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(users::membership_changes(&*database, who.id).await.unwrap(), 1);
        assert_eq!(memberships::find_of(&*database, owner.id, who.id).await.unwrap(), Some(membership.clone()));
        assert_eq!(memberships::find_of(&*database, other.id, who.id).await.unwrap(), None);
        assert!(matches!(memberships::get(&*database, other.id, membership.id).await, Err(Error::NotFound { .. })));
        let twice = Membership { id: fresh(), ..membership.clone() };
        let refused = commit!(database, |write| memberships::insert(&write, &twice).await);
        assert!(matches!(refused, Err(Error::Duplicate(Constraint::MembershipUser))), "{refused:?}");
        for (organization, expected) in [(Some(owner.id), 1), (Some(other.id), 0), (None, 1)] {
            assert_eq!(users::list(&*database, organization, &ListQuery::default()).await.unwrap().items.len(), expected);
        }
        assert_eq!(invitations::find_by_hash(&*database, &token.hash()).await.unwrap(), Some(invitation.clone()));
        let accepted = Invitation { accepted_at: Some(at(1)), revision: invitation.revision.next(), ..invitation.clone() };
        commit!(database, |write| invitations::update(&write, &invitation, &accepted).await).unwrap();
        assert!(is_conflict(&commit!(database, |write| invitations::update(&write, &invitation, &accepted).await)));
        let open = Invitation { id: fresh(), ..invitation.clone() };
        let write = database.write().await.unwrap();
        invitations::insert(&write, &open, &LinkToken::from_random([4; 32]).hash()).await.unwrap();
        assert_eq!(invitations::revoke_those_of(&write, owner.id, &Identity::User(who.id).into(), at(2)).await.unwrap(), 1);
        write.commit().await.unwrap();
    }

    async fn views_are_found_by_whom_they_are_for_and_go_with_the_membership(database) {
        let Frame { organization: owner, .. } = frame(&database).await;
        let (ada, grace) = (user("ada@example.com"), user("grace@example.com"));
        let membership = |who: &User| Membership {
            id: fresh(),
            organization: owner.id,
            user: who.id,
            grants: Grants::of_role(Role::Viewer),
            revision: Revision::FIRST,
            inserted_at: at(0),
            updated_at: at(0),
        };
        let of_ada = membership(&ada);
        let view = |who: &User, name: &str, audience, moment| View {
            id: fresh(),
            organization: owner.id,
            owner: who.id,
            name: name.parse().unwrap(),
            path: "/devices".parse().unwrap(),
            query: "q=tag:%27canary%27".parse().unwrap(),
            audience,
            revision: Revision::FIRST,
            inserted_at: at(moment),
            updated_at: at(moment),
        };
        let all = [
            view(&ada, "mine", Audience::Owner, 1),
            view(&ada, "ours", Audience::Organization, 2),
            view(&grace, "mine", Audience::Owner, 3),
        ];
        let write = database.write().await.unwrap();
        for (who, of) in [(&ada, &of_ada), (&grace, &membership(&grace))] {
            users::insert(&write, who, &Credentials::default()).await.unwrap();
            memberships::insert(&write, of).await.unwrap();
        }
        for view in &all {
            views::insert(&write, view).await.unwrap();
        }
        write.commit().await.unwrap();
        let [mine, ours, theirs] = all;
        for (who, seen) in [(None, vec![&ours]), (Some(ada.id), vec![&mine, &ours]), (Some(grace.id), vec![&ours, &theirs])] {
            let listed = views::list(&reads(&database), owner.id, who, &ListQuery::default()).await.unwrap();
            assert_eq!(listed.items.iter().collect::<Vec<_>>(), seen);
        }
        assert_eq!(views::find(&*database, fresh(), mine.id).await.unwrap(), None, "of another organization");
        assert_eq!(views::find_by_name(&*database, owner.id, grace.id, &mine.name).await.unwrap(), Some(theirs.clone()));
        assert_eq!(views::room(&*database, owner.id, ada.id).await.unwrap(), Room { of_owner: 2, shared: 1 });
        let twice = commit!(database, |write| views::insert(&write, &View { id: fresh(), ..mine.clone() }).await);
        assert!(matches!(twice, Err(Error::Duplicate(Constraint::ViewName))), "{twice:?}");
        let stranger = commit!(database, |write| views::insert(&write, &View { id: fresh(), owner: fresh(), ..mine.clone() }).await);
        assert!(matches!(stranger, Err(Error::ParentMissing)), "{stranger:?}");
        let new = View { audience: Audience::Organization, query: "".parse().unwrap(), revision: mine.revision.next(), ..mine.clone() };
        commit!(database, |write| views::update(&write, &mine, &new).await).unwrap();
        assert!(is_conflict(&commit!(database, |write| views::update(&write, &mine, &new).await)));
        assert_eq!(views::get(&*database, owner.id, new.id).await.unwrap(), new);
        commit!(database, |write| views::delete(&write, owner.id, ours.id).await).unwrap();
        // As a server of the version before ends it.
        commit!(database, |write| memberships::delete(&write, owner.id, of_ada.id).await).unwrap();
        assert_eq!(views::find(&*database, owner.id, new.id).await.unwrap(), None);
        assert_eq!(views::find(&*database, owner.id, theirs.id).await.unwrap(), Some(theirs));
    }

    async fn sessions_end_one_by_one_or_all_together(database) {
        let who = user("ada@example.com");
        let sessions: Vec<_> = (0..5).map(|second| (session(&who, at(second)), SessionToken::from_random([u8::try_from(second).unwrap(); 32]))).collect();
        let write = database.write().await.unwrap();
        users::insert(&write, &who, &Credentials::default()).await.unwrap();
        for (session, token) in &sessions {
            crate::sessions::insert(&write, session, &token.hash()).await.unwrap();
        }
        crate::sessions::delete_oldest(&write, who.id, 3).await.unwrap();
        write.commit().await.unwrap();
        let left = crate::sessions::list_of_user(&*database, who.id).await.unwrap();
        assert_eq!(left, sessions[2..].iter().rev().map(|(session, _)| session.clone()).collect::<Vec<_>>());
        assert!(crate::callers::find_by_session(&*database, &sessions[0].1.hash()).await.unwrap().is_none());
        let (first, token) = &sessions[2];
        let renewed = UserSession { authenticated_at: at(9), last_seen_at: at(9), has_second_factor: true, ..first.clone() };
        let write = database.write().await.unwrap();
        crate::sessions::renew(&write, &renewed, &SessionToken::from_random([9; 32]).hash()).await.unwrap();
        assert_eq!(crate::sessions::purge(&write, at(4), at(0)).await.unwrap(), 1);
        assert_eq!(crate::sessions::delete_all(&write, who.id, Some(first.id)).await.unwrap(), 1);
        write.commit().await.unwrap();
        assert!(crate::callers::find_by_session(&*database, &token.hash()).await.unwrap().is_none(), "the old token is none any more");
        assert_eq!(crate::sessions::list_of_user(&*database, who.id).await.unwrap(), [renewed]);
    }

    async fn callers_are_found_with_all_that_they_may(database) {
        let Frame { organization: first, .. } = frame(&database).await;
        let second = Organization { require_second_factor: true, ..organization() };
        let who = user("ada@example.com");
        let of = |organization: &Organization, second, grants: &str| Membership {
            id: fresh(),
            organization: organization.id,
            user: who.id,
            grants: grants.parse().unwrap(),
            revision: Revision::FIRST,
            inserted_at: at(second),
            updated_at: at(second),
        };
        let memberships = [of(&first, 1, "role developer"), of(&second, 2, "role viewer")];
        let (signed_in, token) = (session(&who, at(0)), SessionToken::from_random([1; 32]));
        let personal = ApiKey { owner: Some(who.id), ..api_key(&second) };
        let service = api_key(&first);
        let hash = |text: &str| Sha256Digest::of(text.as_bytes());
        let write = database.write().await.unwrap();
        organizations::insert(&write, &second).await.unwrap();
        users::insert(&write, &who, &Credentials::default()).await.unwrap();
        for membership in &memberships {
            crate::memberships::insert(&write, membership).await.unwrap();
        }
        crate::sessions::insert(&write, &signed_in, &token.hash()).await.unwrap();
        api_keys::insert(&write, &personal, &hash("personal")).await.unwrap();
        api_keys::insert(&write, &service, &hash("service")).await.unwrap();
        write.commit().await.unwrap();
        let place = |at: usize, organization: &Organization| Place {
            membership: memberships[at].clone(),
            organization_name: organization.name.clone(),
            requires_second_factor: organization.require_second_factor,
        };
        let member = Member { user: who.clone(), places: vec![place(0, &first), place(1, &second)] };

        let found = callers::find_by_session(&*database, &token.hash()).await.unwrap().unwrap();
        assert_eq!((&found.session, &found.person), (&signed_in, &member));
        assert_eq!(callers::find_member(&*database, who.id).await.unwrap(), Some(member.clone()));
        assert_eq!(callers::find_member(&*database, fresh()).await.unwrap(), None);
        let of_key = |found: Option<callers::KeyCaller>| found.map(|found| (found.key, found.owner));
        let found = callers::find_by_key(&*database, &hash("personal")).await.unwrap();
        assert_eq!(of_key(found), Some((personal.clone(), Some(member.clone()))));
        let found = callers::find_by_key(&*database, &hash("service")).await.unwrap();
        assert_eq!(of_key(found), Some((service.clone(), None)));
        assert!(callers::find_by_key(&*database, &hash("nobody's")).await.unwrap().is_none());

        // All at once, with some that are gone; and none at all.
        let (keys, sessions) = callers::list(&*database, &[service.id, fresh(), personal.id], &[signed_in.id, fresh()]).await.unwrap();
        let mut keys: Vec<_> = keys.into_iter().map(|found| (found.key, found.owner)).collect();
        keys.sort_by_key(|(key, _)| key.owner.is_none());
        assert_eq!(keys, [(personal.clone(), Some(member.clone())), (service.clone(), None)]);
        assert_eq!(sessions.iter().map(|found| (&found.session, &found.person)).collect::<Vec<_>>(), [(&signed_in, &member)]);
        let (keys, sessions) = callers::list(&*database, &[], &[signed_in.id]).await.unwrap();
        assert_eq!((keys.len(), sessions.len()), (0, 1));
        let (keys, sessions) = callers::list(&*database, &[], &[]).await.unwrap();
        assert_eq!((keys.len(), sessions.len()), (0, 0));
    }

    async fn what_is_good_once_is_used_once(database) {
        let (who, token, code) = (user("ada@example.com"), LinkToken::from_random([1; 32]), RecoveryCode::from_random([1; 10]));
        let write = database.write().await.unwrap();
        users::insert(&write, &who, &Credentials::default()).await.unwrap();
        users::set_recovery_codes(&write, who.id, std::slice::from_ref(&code)).await.unwrap();
        user_links::insert(&write, &token.hash(), &LinkPurpose::SetUp, at(9)).await.unwrap();
        write.commit().await.unwrap();
        let id = who.id;
        let tries = (0..32).map(|_| {
            let (database, token, code) = (Database::clone(&database), token.clone(), code.clone());
            tokio::spawn(async move {
                let write = database.write().await.unwrap();
                let used = [
                    user_links::use_up(&write, &token.hash(), at(1)).await.unwrap(),
                    users::use_recovery_code(&write, id, &code).await.unwrap(),
                    users::use_totp_step(&write, id, 7).await.unwrap(),
                ];
                write.commit().await.unwrap();
                used
            })
        });
        let used: Vec<_> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
        for which in 0..3 {
            assert_eq!(used.iter().filter(|used| used[which]).count(), 1, "{which}");
        }
        let write = database.write().await.unwrap();
        user_links::insert(&write, &token.hash(), &LinkPurpose::SetUp, at(9)).await.unwrap();
        assert!(!user_links::use_up(&write, &token.hash(), at(9)).await.unwrap(), "its time is over");
        write.commit().await.unwrap();
    }

    async fn failures_of_many_at_once_all_count(database) {
        let tries = (0..32).map(|_| {
            let database = Database::clone(&database);
            tokio::spawn(async move {
                let write = database.write().await.unwrap();
                let before = guessing::lock(&write, "subject", at(0)).await.unwrap();
                guessing::put(&write, "subject", Failures::and_one(before, at(0))).await.unwrap();
                write.commit().await.unwrap();
            })
        });
        for done in join_all(tries).await {
            done.unwrap();
        }
        assert_eq!(guessing::find(&*database, "subject").await.unwrap().map(|failures| failures.count), Some(32));
        let write = database.write().await.unwrap();
        for (second, subject) in (1..).zip(["a", "b", "c"]) {
            let last_at = at(second);
            guessing::put(&write, subject, Failures { count: 1, last_at }).await.unwrap();
        }
        guessing::purge(&write, at(0), 2).await.unwrap();
        let mut left = Vec::new();
        for subject in ["subject", "a", "b", "c"] {
            left.extend(guessing::find(&write, subject).await.unwrap().map(|_| subject));
        }
        assert_eq!(left, ["a", "b", "c"], "the oldest go, and those as old as the last that stays");
        write.commit().await.unwrap();
    }

    async fn a_browser_is_known_until_there_are_too_many(database) {
        let who = user("ada@example.com");
        let tokens: Vec<_> = (0..3_u8).map(|number| BrowserToken::from_random([number; 32])).collect();
        let write = database.write().await.unwrap();
        users::insert(&write, &who, &Credentials::default()).await.unwrap();
        for (second, token) in (0..).zip(&tokens) {
            users::note_browser(&write, who.id, &token.hash(), at(second), 2).await.unwrap();
        }
        let mut known = Vec::new();
        for token in &tokens {
            known.push(users::knows_browser(&write, who.id, &token.hash()).await.unwrap());
        }
        assert_eq!(known, [false, true, true]);
        write.commit().await.unwrap();
    }
}
