//! What the model has been wrong about, call by call beside the engine.

use crate::answers::{agrees, found};
use crate::books::{Books, Candidate};
use crate::faults::Faults;
use crate::model::Account;
use crate::operation::{Bought, Operation, Seller, instant};
use crate::seller::seller;
use crate::store::Store;
use crate::world::{Plan, World};
use histories::random::Random;
use sms_ledger::calendar::NamedZones;
use sms_ledger::engine::{Driver, Options};
use sms_ledger::storage::{Batch, Committed, Limits, Range, Storage, StorageError, StoredEntry};
use std::sync::Arc;

/// Calls an account at one instant, of the engine and of the model, and holds each answer to the other; the last error's code.
fn both(seller: &Seller, operations: &[Operation]) -> String {
    let (id, now) = ("account-0", 1_735_689_600_000);
    let store = Store::breaking(None);
    let mut driver =
        Driver::new(Arc::clone(&seller.catalog), Box::new(NamedZones), Options::default(), store);
    let mut account = Account::new(id, Arc::clone(&seller.terms));
    let mut code = String::new();
    for operation in operations {
        let command = operation.command(seller, id).unwrap();
        let answer = found(&driver.run(id, command, instant(now)));
        let expected = account.call(operation, now);
        account.paper.take();
        assert!(agrees(&expected, &answer), "{operation:?}: {answer:?}, and the model says {expected:?}");
        code = answer.err().map_or_else(String::new, |error| error["error"].as_str().unwrap().to_owned());
    }
    code
}

/// A quote names the price of the next quantity: one made with another voucher is known by that, although both come to nothing.
#[test]
fn a_quote_with_another_voucher_is_no_quote_of_the_account() {
    let now = 1_735_689_600_000;
    let bought = |quantity, cents, quoted_at| Operation::Purchase {
        id: "o1".to_owned(),
        bought: Bought {
            offer: 2,
            quantity,
            quoted_at,
            proof: None,
            voucher: Some(("v1".to_owned(), cents)),
        },
    };
    let open = Operation::Open { plan: None, gated: false };
    let seller = seller(&mut Random::new(1), 1_900, false);
    for (quantity, cents, quoted_at, code) in [
        (2, 30, now, ""),
        (2, 29, now, "QUOTE_MISMATCH"),
        // Beside one segment lies one that costs less than either voucher takes off.
        (1, 29, now, ""),
        (2, 29, now - 1_800_000, "QUOTE_MISMATCH"),
        (2, 30, now - 1_800_000, "QUOTE_EXPIRED"),
    ] {
        let grant = Operation::Grant(("v1".to_owned(), 30));
        let calls = [open.clone(), grant, bought(quantity, cents, quoted_at)];
        assert_eq!(both(&seller, &calls), code, "{quantity} {cents}");
    }
}

/// A store that keeps the batches.
struct Kept(Store, Vec<Batch>);

impl Storage for Kept {
    fn get(&mut self, partition: &str, keys: &[String]) -> Result<Vec<Option<StoredEntry>>, StorageError> {
        self.0.get(partition, keys)
    }

    fn list(&mut self, partition: &str, range: &Range) -> Result<Vec<StoredEntry>, StorageError> {
        self.0.list(partition, range)
    }

    fn commit(&mut self, partition: &str, batch: &Batch) -> Result<Committed, StorageError> {
        self.1.push(batch.clone());
        self.0.commit(partition, batch)
    }
}

/// A commit of one call alone reads like one of that call and two more, which set something else and the same again.
#[test]
fn calls_that_undo_each_other_are_not_taken_for_decided() {
    let (id, now) = ("account-0", 1_735_689_600_000);
    let seller = seller(&mut Random::new(1), 1_900, false);
    let store = Kept(Store::breaking(None), Vec::new());
    let mut driver =
        Driver::new(Arc::clone(&seller.catalog), Box::new(NamedZones), Options::default(), store);
    let mut books = Books::new(id, Arc::clone(&seller.terms));
    let set = |most| Operation::SetCeilings(Some(vec![(None, Some(most), None)]));
    let calls = [Operation::Open { plan: None, gated: false }, set(5), set(6), set(5)];
    let mut decided = Vec::new();
    for (count, candidates) in [(0, &calls[..1]), (1, &calls[1..])] {
        let _ = driver.run(id, calls[count].command(&seller, id).unwrap(), instant(now));
        let tickets = candidates.iter().zip(0..);
        let candidates: Vec<Candidate<'_>> =
            tickets.map(|(operation, ticket)| Candidate { ticket, operation, now }).collect();
        let batch = driver.storage().1.pop().unwrap();
        decided = books.applied(&batch, Limits::default(), &candidates).unwrap();
    }
    let sure: Vec<(u32, bool)> = decided.iter().map(|decided| (decided.ticket, decided.sure)).collect();
    assert_eq!(sure, [(0, true), (1, false), (2, false)]);
}

/// A batch that lacks segments has something ordered, which the model does not decide: accounts that order are filled up without batches.
#[test]
fn accounts_that_order_by_themselves_are_filled_up_without_batches() {
    let of =
        |seed| World::new(Plan { seed, operations: 200, faults: Faults::all(), breaks: None, traced: false });
    let worlds: Vec<World> = (1..=20).map(|each| of(400 * each)).collect();
    let ordering = || worlds.iter().filter(|world| world.sizes.recharges);
    assert!(ordering().count() > 0);
    assert!(ordering().all(|world| world.swelling_messages() == 1));
}
