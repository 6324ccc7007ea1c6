//! How much of an offer closes a gap: whole packs in one order (domain rule 33).

use super::quote::{QuoteError, QuoteRequest, Sale, choose_region, chosen_purpose, find_offer};
use crate::calendar::Instant;
use crate::catalog::Catalog;

/// The fewest whole packs of at least so many segments together that one order buys; where one order cannot hold as many, the most
/// that it can. A pack has the request's quantity, or, where that is 0, the offer's `recharge_quantity` or else the least that it sells. Of an
/// offer that is a list of packs one order buys one, which is the pack or larger.
///
/// # Errors
/// [`QuoteError`] where the offer, its region, another choice or a pack of this size is not on sale.
pub fn whole_packs(
    catalog: &Catalog,
    request: &QuoteRequest,
    segments: u64,
    now: Instant,
) -> Result<u64, QuoteError> {
    let offer = find_offer(catalog, &request.offer)?;
    let region = choose_region(offer, request.region)?;
    let purpose = chosen_purpose(offer, request.purpose.as_deref())?;
    let what = (region, purpose.map(|purpose| &**purpose));
    let (sale, _) = Sale::of(catalog, offer, what, request.currency, request.at.unwrap_or(now))?;
    let given = (request.quantity > 0).then_some(request.quantity).or(offer.recharge_quantity);
    let pack = given.or_else(|| sale.from(1)).unwrap_or(0);
    sale.check_quantity(pack)?;
    let wanted = segments.max(pack);
    let most = sale.below(u64::MAX).unwrap_or(pack);
    if sale.is_packs() {
        return Ok(sale.from(wanted).unwrap_or(most));
    }
    // INVARIANT: a quantity on sale is never 0, and a multiple of it that is not above the most is on sale as well.
    let packs = |segments: u64| segments.checked_div(pack).unwrap_or(0).saturating_mul(pack);
    Ok(wanted.checked_next_multiple_of(pack).filter(|whole| *whole <= most).unwrap_or_else(|| packs(most)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles::CLOUTLY;
    use serde_json::{Value, json};

    fn catalog(offer: &Value) -> Catalog {
        let mut document: Value = serde_json::from_str(CLOUTLY).unwrap();
        for (name, value) in offer.as_object().unwrap() {
            document["offers"][0][name] = value.clone();
        }
        Catalog::from_json(&document.to_string()).unwrap()
    }

    fn packs(catalog: &Catalog, pack: u64, segments: u64) -> Result<u64, QuoteError> {
        let request = QuoteRequest { offer: "pack-au".into(), quantity: pack, ..QuoteRequest::default() };
        whole_packs(catalog, &request, segments, Instant::MIN)
    }

    #[test]
    fn a_gap_is_closed_by_the_fewest_whole_packs() {
        let hundreds = json!({ "step": 100, "min": 200, "max": 1_000 });
        let usual = catalog(&json!({ "quantity": hundreds, "recharge_quantity": null }));
        let named = catalog(&json!({ "quantity": hundreds, "recharge_quantity": 300 }));
        for (catalog, pack, segments, expected) in [
            (&usual, 0, 0, 200),
            (&usual, 0, 201, 400),
            (&usual, 500, 1, 500),
            (&usual, 500, 501, 1_000),
            // More than one order holds: the most that whole packs come to.
            (&usual, 300, 5_000, 900),
            (&usual, 0, u64::MAX, 1_000),
            (&named, 0, 1, 300),
            (&named, 0, 301, 600),
        ] {
            assert_eq!(packs(catalog, pack, segments), Ok(expected), "{pack} {segments}");
        }
        assert!(matches!(packs(&usual, 150, 1), Err(QuoteError::Quantity { .. })));
    }

    #[test]
    fn of_a_list_of_packs_one_is_bought() {
        let packs_on_sale = json!([
            { "quantity": 100, "amount": "6" }, { "quantity": 500, "amount": "25" }, { "quantity": 1_000, "amount": "45" },
        ]);
        let catalog = catalog(&json!({
            "quantity": { "step": 1, "min": 1, "max": 1_000 }, "recharge_quantity": 500,
            "price": { "model": "fixed", "packs": packs_on_sale },
        }));
        for (pack, segments, expected) in
            [(0, 1, 500), (100, 1, 100), (100, 101, 500), (100, 501, 1_000), (100, 1_001, 1_000)]
        {
            assert_eq!(packs(&catalog, pack, segments), Ok(expected), "{pack} {segments}");
        }
    }
}
