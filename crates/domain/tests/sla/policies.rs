//! SLA targets of a ticket.

use super::*;

fn same(first: u32, next: u32, resolution: u32) -> [(Priority, SlaTargets); 4] {
    Priority::ALL
        .map(|priority| (priority, SlaTargets::hours(first, next, resolution).expect("targets")))
}

fn with(policy: SlaPolicy) -> Policy {
    Policy { sla: Some(Sla::new(policy, BusinessCalendar::always())), ..Policy::default() }
}

/// Payments have shorter targets than all other categories.
fn policy() -> SlaPolicy {
    SlaPolicy::new(targets())
        .and_then(|policy| policy.category(Category::PAGOS, same(1, 2, 3)))
        .expect("a policy")
}

#[test]
fn a_category_with_own_targets_has_them_and_others_the_general_ones() {
    let usual = SlaTable::new(targets()).expect("a table");
    for category in Category::KNOWN {
        let case = Case::opened(category.clone(), 0, with(policy()));
        let expected =
            if category == Category::PAGOS { SlaTable::new(same(1, 2, 3)).unwrap() } else { usual };
        assert_eq!(timers(&case).targets, expected, "{category:?}");
        let medium = expected.of(Priority::Medium);
        for metric in [SlaMetric::FirstResponse, SlaMetric::Resolution] {
            let timer = timer(&case, metric);
            assert_eq!(timer.due, timer.start.plus(medium.of(metric)));
            assert_eq!((timer.since, timer.start), (at(0), sla_of(&case).business_time_at(at(0))));
        }
    }
    let own = Category::parse("ENVÍOS").expect("a category");
    assert_eq!(timers(&Case::opened(own, 0, with(policy()))).targets, usual);
}

#[test]
fn the_last_targets_given_for_a_category_apply() {
    let policy = policy().category(Category::PAGOS, same(5, 6, 7)).expect("a policy");
    assert_eq!(*policy.targets(&Category::PAGOS), SlaTable::new(same(5, 6, 7)).unwrap());
    assert_eq!(*policy.targets(&Category::BUG), SlaTable::new(targets()).unwrap());
}

#[test]
fn a_ticket_keeps_the_targets_of_its_opening() {
    let mut case = Case::opened(Category::PAGOS, 0, with(policy()));
    let promised = timers(&case).targets;
    case.policy = with(SlaPolicy::new(same(100, 100, 100)).expect("a policy"));
    let (ana, luis) = (customer("ana"), admin("luis"));
    let due = |case: &Case, metric| sla_of(case).calendar().timestamp_at(timer(case, metric).due);
    case.must(&luis, 1, Change::priority(Priority::Urgent));
    assert_eq!(due(&case, SlaMetric::FirstResponse), at(HOUR));
    case.must(&luis, HOUR, message("Lo miro"));
    case.must(&ana, HOUR, message("¿Y bien?"));
    assert_eq!(due(&case, SlaMetric::NextResponse), at(3 * HOUR));
    case.must(&luis, 2 * HOUR, Change::status(Status::Resolved));
    case.must(&ana, 10 * HOUR, message("No funciona"));
    assert_eq!(due(&case, SlaMetric::Resolution), at(11 * HOUR));
    assert_eq!(timers(&case).targets, promised);
    // The next ticket has the new ones.
    let next = Case::opened(Category::PAGOS, 0, case.policy.clone());
    assert_eq!(due(&next, SlaMetric::Resolution), at(100 * HOUR));
}

#[test]
fn each_priority_and_metric_has_its_own_target() {
    for (to, target) in targets() {
        let mut case = Case::new(desk(BusinessCalendar::always()));
        if to != Priority::Medium {
            case.must(&admin("luis"), 1, Change::priority(to));
        }
        case.must(&admin("luis"), 2, message("Lo miro"));
        case.must(&customer("ana"), 3, message("¿Y bien?"));
        for metric in SlaMetric::ALL {
            let timer = timer(&case, metric);
            assert_eq!(timer.due.since(timer.start), target.of(metric), "{to} {metric}");
        }
    }
}

#[test]
fn an_incomplete_policy_is_explained_in_both_languages() {
    let full = targets();
    let usual = || SlaPolicy::new(full).expect("a policy");
    let hour = Duration::from_secs(3600);
    let long = SlaTargets::LONGEST + Duration::from_millis(1);
    let errors = [
        (SlaPolicy::new(full[1..].to_vec()).unwrap_err(), "sla_target_missing", "Baja", "Low"),
        (SlaPolicy::new([full[0], full[0]]).unwrap_err(), "sla_target_repeated", "Baja", "Low"),
        (
            usual().category(Category::BUG, full[..3].to_vec()).unwrap_err(),
            "sla_target_missing",
            "Urgente",
            "Urgent",
        ),
        (usual().category(Category::BUG, []).unwrap_err(), "sla_target_missing", "Baja", "Low"),
        (
            SlaTargets::new(hour, Duration::ZERO, hour).unwrap_err(),
            "sla_target_zero",
            "Siguiente respuesta",
            "Next response",
        ),
        (
            SlaTargets::new(hour, hour, long).unwrap_err(),
            "sla_target_too_long",
            "Resolución",
            "Resolution",
        ),
    ];
    for (error, code, es, en) in errors {
        assert_eq!(error.code(), code);
        assert!(error.explain(Locale::Es).contains(es), "{}", error.explain(Locale::Es));
        assert!(error.explain(Locale::En).contains(en), "{error}");
        assert_eq!(error.to_string(), error.explain(Locale::En));
    }
    assert!(SlaTargets::new(Duration::from_millis(1), hour, SlaTargets::LONGEST).is_ok());
}
