//! Orders, vouchers and adjustments as documents, and documents as those again.

use super::DocumentError;
use super::codec::{check_place, decoded, instant, text};
use super::documents::{
    AdjustmentDocument, IssuedDocument, ItemDocument, Key, OrderDocument, OrderPriceDocument, PriceDocument,
    RefundedDocument, UnpaidDocument, VERSION, ValidityDocument, VoucherDocument,
};
use super::hex::Hex;
use super::row::read;
use crate::calendar::Instant;
use crate::catalog::{Agreement, PriceModel, Tier, Validity};
use crate::ledger::{Adjustment, Grant, Issued, Item, Order, OrderPrice, PackageId, Payment, Refunded};
use crate::pricing::{CatalogId, Discount, Voucher};
use std::borrow::Cow;
use std::sync::Arc;

pub(super) fn order_document(order: &Order) -> OrderDocument<'_> {
    let Order { item, price, payment, .. } = order;
    OrderDocument {
        v: VERSION,
        id: Cow::Borrowed(&order.id),
        body: Hex(order.fingerprint),
        state: order.state,
        item: item_document(item),
        price: OrderPriceDocument {
            total: price.total,
            currency: price.currency,
            quoted_at: price.quoted_at.millis(),
            price_list: text(price.price_list.as_ref()),
            discount: price.discount,
            voucher: text(price.voucher.as_ref()),
            voucher_used_by: text(price.voucher_used_by.as_ref()),
        },
        agreement: order
            .agreement
            .as_ref()
            .map(|Agreement { id, version }| (Cow::Borrowed(&**id), Cow::Borrowed(&**version))),
        payment: (
            text(payment.method.as_ref()),
            text(payment.reference.as_ref()),
            text(payment.reason.as_ref()),
        ),
        placed_at: order.placed_at.millis(),
        issued: order.issued.as_ref().map(|issued| IssuedDocument {
            package: issued.package.0,
            at: issued.at.millis(),
            effective_at: issued.effective_at.millis(),
            expires_at: issued.expires_at.map(Instant::millis),
            available: issued.available,
        }),
        refunded: order.refunded.map(|refunded| RefundedDocument {
            amount: refunded.amount,
            segments: refunded.segments,
            at: refunded.at.millis(),
            available: refunded.available,
        }),
        source: order.source,
    }
}

fn item_document(item: &Item) -> ItemDocument<'_> {
    let validity = |validity: Option<Validity>| validity.map(ValidityDocument);
    ItemDocument {
        offer: Cow::Borrowed(&item.offer),
        name: Cow::Borrowed(&item.name),
        catalog: (Cow::Borrowed(&item.catalog.id), item.catalog.revision),
        region: item.region,
        purpose: text(item.purpose.as_ref()),
        quantity: item.quantity,
        validity: validity(item.validity),
        activation_seconds: item.activation_seconds,
        refund: (
            item.refund,
            validity(item.refund_within),
            item.refund_prices.as_deref().map(price_model_document),
        ),
        project: text(item.project.as_ref()),
        category: text(item.category.as_ref()),
    }
}

fn price_model_document(price: &PriceModel) -> PriceDocument {
    PriceDocument {
        model: price.model,
        per: price.per,
        amount: price.amount,
        tiers: price.tiers.iter().map(|tier| (tier.from, tier.up_to, tier.amount)).collect(),
    }
}

pub(super) fn grant_document(grant: &Grant) -> VoucherDocument<'_> {
    let voucher = &grant.voucher;
    VoucherDocument {
        v: VERSION,
        id: Cow::Borrowed(&voucher.id),
        body: Hex(grant.fingerprint),
        discount: match voucher.discount {
            Discount::Amount(amount) => (Some(amount), None),
            Discount::Percent(percent) => (None, Some(percent)),
        },
        currency: voucher.currency,
        min_spend: voucher.min_spend,
        cap: voucher.cap,
        offers: voucher.offers.iter().map(|offer| Cow::Borrowed(&**offer)).collect(),
        regions: voucher.regions.clone(),
        from: voucher.from.map(Instant::millis),
        until: voucher.until.map(Instant::millis),
        granted_at: grant.granted_at.millis(),
        order: text(grant.order.as_ref()),
    }
}

pub(super) fn adjustment_document(adjustment: &Adjustment) -> AdjustmentDocument<'_> {
    AdjustmentDocument {
        v: VERSION,
        id: Cow::Borrowed(&adjustment.id),
        body: Hex(adjustment.fingerprint),
        package: adjustment.package.0,
        segments: adjustment.segments,
        reason: Cow::Borrowed(&adjustment.reason),
        at: adjustment.at.millis(),
        available: adjustment.available,
    }
}

/// A purchase.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_order(key: &str, value: &str) -> Result<Order, DocumentError> {
    decoded(key, value, |value| {
        let document: OrderDocument<'_> = read(value)?;
        check_place(key, &[Key::Order(&document.id)])?;
        let (method, reference, reason) = document.payment;
        let order = Order {
            id: document.id.into(),
            fingerprint: document.body.0,
            state: document.state,
            item: item(document.item),
            price: price(document.price)?,
            agreement: document
                .agreement
                .map(|(id, version)| Agreement { id: id.into(), version: version.into() }),
            payment: Payment { method: owned(method), reference: owned(reference), reason: owned(reason) },
            placed_at: instant(document.placed_at)?,
            issued: document.issued.as_ref().map(issued).transpose()?,
            refunded: document.refunded.as_ref().map(refunded).transpose()?,
            source: document.source,
        };
        if order.adds_up() { Ok(order) } else { Err("its parts do not add up".to_owned()) }
    })
}

pub(super) fn owned(text: Option<Cow<'_, str>>) -> Option<Arc<str>> {
    text.map(Into::into)
}

fn item(document: ItemDocument<'_>) -> Item {
    let (refund, refund_within, refund_prices) = document.refund;
    let validity = |validity: Option<ValidityDocument>| validity.map(|validity| validity.0);
    Item {
        offer: document.offer.into(),
        name: document.name.into(),
        catalog: CatalogId { id: document.catalog.0.into(), revision: document.catalog.1 },
        region: document.region,
        purpose: owned(document.purpose),
        project: owned(document.project),
        category: owned(document.category),
        quantity: document.quantity,
        validity: validity(document.validity),
        activation_seconds: document.activation_seconds,
        refund,
        refund_within: validity(refund_within),
        refund_prices: refund_prices.map(price_model).map(Arc::new),
    }
}

fn price_model(document: PriceDocument) -> PriceModel {
    let PriceDocument { model, per, amount, tiers } = document;
    let tiers = tiers.into_iter().map(|(from, up_to, amount)| Tier { from, up_to, amount }).collect();
    PriceModel { model, per, amount, tiers, packs: Vec::new() }
}

fn price(document: OrderPriceDocument<'_>) -> Result<OrderPrice, String> {
    Ok(OrderPrice {
        total: document.total,
        currency: document.currency,
        quoted_at: instant(document.quoted_at)?,
        price_list: owned(document.price_list),
        discount: document.discount,
        voucher: owned(document.voucher),
        voucher_used_by: owned(document.voucher_used_by),
    })
}

fn issued(document: &IssuedDocument) -> Result<Issued, String> {
    Ok(Issued {
        package: PackageId(document.package),
        at: instant(document.at)?,
        effective_at: instant(document.effective_at)?,
        expires_at: document.expires_at.map(instant).transpose()?,
        available: document.available,
    })
}

fn refunded(document: &RefundedDocument) -> Result<Refunded, String> {
    Ok(Refunded {
        amount: document.amount,
        segments: document.segments,
        at: instant(document.at)?,
        available: document.available,
    })
}

/// A voucher.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_voucher(key: &str, value: &str) -> Result<Grant, DocumentError> {
    decoded(key, value, |value| {
        let document: VoucherDocument<'_> = read(value)?;
        check_place(key, &[Key::Voucher(&document.id)])?;
        let discount = match document.discount {
            (Some(amount), None) => Discount::Amount(amount),
            (None, Some(percent)) => Discount::Percent(percent),
            _ => return Err("its parts do not add up".to_owned()),
        };
        let voucher = Voucher {
            id: document.id.into(),
            discount,
            currency: document.currency,
            min_spend: document.min_spend,
            cap: document.cap,
            offers: document.offers.into_iter().map(Into::into).collect(),
            regions: document.regions,
            from: document.from.map(instant).transpose()?,
            until: document.until.map(instant).transpose()?,
        };
        Ok(Grant {
            fingerprint: document.body.0,
            voucher,
            granted_at: instant(document.granted_at)?,
            order: owned(document.order),
        })
    })
}

/// When an order was placed whose payment is undecided.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_unpaid(key: &str, value: &str) -> Result<Instant, DocumentError> {
    decoded(key, value, |value| {
        read::<UnpaidDocument>(value).and_then(|document| instant(document.placed_at))
    })
}

/// An adjustment.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_adjustment(key: &str, value: &str) -> Result<Adjustment, DocumentError> {
    decoded(key, value, |value| {
        let document: AdjustmentDocument<'_> = read(value)?;
        check_place(key, &[Key::Adjustment(&document.id)])?;
        Ok(Adjustment {
            id: document.id.into(),
            fingerprint: document.body.0,
            package: PackageId(document.package),
            segments: document.segments,
            reason: document.reason.into(),
            at: instant(document.at)?,
            available: document.available,
        })
    })
}
