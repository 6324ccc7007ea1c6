//! Rule 34: accounts of before, on the catalog `cloutly` of a shop that knows its earlier rates.

use crate::common::world::World;
use crate::common::{AU, SHORT, changed, draws, refusal, text};
use serde_json::json;

#[test]
fn rule_34_an_account_of_before_stays_on_its_charge_model_until_it_is_migrated() {
    let catalog = changed(|catalog| {
        catalog["legacy"][0]["rates"] = json!([{ "region": "AU", "credits": "1.5" }]);
    });
    let mut world = World::of(catalog, "2026-01-15T10:00:00Z");
    world.open(json!({ "createdAt": "2025-08-31T23:59:59Z" })).unwrap();
    assert_eq!(world.call("account", json!({})).unwrap()["chargeModel"], "credits");
    world.buy("o1", "pack-au", 100);
    // Credits by segment and region.
    assert_eq!(draws(&world.reserve("m1", AU, &text(2)).unwrap()), "p1:3");
    // A dry run first: 97 credits at 3 for 2 are 64.67, rounded up.
    let migration = json!({ "id": "m", "ratio": { "from": 3, "to": 2 }, "reason": "on request" });
    let mut dry_run = migration.clone();
    dry_run["dryRun"] = json!(true);
    let would = world.call("migrate", dry_run).unwrap();
    assert_eq!(
        (&would["before"], &would["after"], &would["ratio"]["rounding"]),
        (&json!(97), &json!(65), &json!("up"))
    );
    assert_eq!(world.counts(), [97, 3, 0, 0]);
    world.call("migrate", migration).unwrap();
    assert_eq!(world.counts(), [65, 3, 0, 0]);
    assert_eq!(world.journal().last().unwrap(), "exchange");
    // It can be taken back until something is spent, and made again.
    world.call("revertMigration", json!({ "id": "m" })).unwrap();
    assert_eq!(world.counts(), [97, 3, 0, 0]);
    world.call("migrate", json!({ "id": "again", "ratio": { "from": 3, "to": 2 } })).unwrap();
    // What was open settles under the model that made it: of 3 credits 1 is spent, and 2 are worth 2, rounded up.
    world.settle("m1", Some(1)).unwrap();
    assert_eq!(world.counts(), [67, 0, 1, 0]);
    assert_eq!(draws(&world.reserve("m2", AU, SHORT).unwrap()), "p1:1");
    assert_eq!(refusal(&world.call("revertMigration", json!({ "id": "again" }))), "NOT_REVERTIBLE moved");
    world.proven();
}
