"""Every column name that Amazon's order reports have been seen with."""

from __future__ import annotations

KNOWN: frozenset[str] = frozenset(
    """
    amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel
    order-channel url ship-service-level product-name sku asin item-status quantity currency item-price item-tax
    shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city
    ship-state ship-postal-code ship-country promotion-ids is-business-order purchase-order-number price-designation
    is-sold-by-ab is-iba cpf signature-confirmation-recommended order-item-id number-of-items tax-collection-model
    tax-collection-responsible-party address-type payment-method-details item-extensions-data customized-url
    customized-page is-replacement-order is-exchange-order original-order-id is-transparency
    default-ship-from-address-name default-ship-from-address-field-1 default-ship-from-address-field-2
    default-ship-from-address-field-3 default-ship-from-city default-ship-from-state default-ship-from-country
    default-ship-from-postal-code actual-ship-from-address-name actual-ship-from-address-field-1
    actual-ship-from-address-field-2 actual-ship-from-address-field-3 actual-ship-from-city actual-ship-from-state
    actual-ship-from-country actual-ship-from-postal-code fulfilled-by buyer-company-name
    buyer-tax-registration-country buyer-tax-registration-type buyer-tax-registration-id is-heavy-or-bulky
    is-amazon-invoiced vat-exclusive-item-price vat-exclusive-shipping-price vat-exclusive-giftwrap-price
    is-buyer-requested-cancellation buyer-requested-cancel-reason ioss-number order-invoice-type ship-county
    buyer-cst-number buyer-vat-number buyer-citizen-name buyer-citizen-id invoice-business-legal-name
    invoice-business-tax-id is-pickup-point-order licensee-name license-number license-state license-expiration-date
    store-chain-store-id serial-numbers amazon-programs ship-promotion-id
    order-id payments-date buyer-email buyer-name buyer-phone-number quantity-purchased recipient-name ship-address-1
    ship-address-2 ship-address-3 ship-phone-number delivery-start-date delivery-end-date delivery-time-zone
    delivery-instructions bill-address-1 bill-address-2 bill-address-3 bill-city bill-state bill-postal-code
    bill-country item-promotion-id earliest-ship-date latest-ship-date earliest-delivery-date latest-delivery-date
    is-prime order-channel-instance external-order-id buyer-identification-number buyer-identification-type
    payment-method cod-collectible-amount already-paid payment-method-fee shipment-status
    reporting-date promise-date days-past-promise quantity-shipped quantity-to-ship ship-service-name
    verge-of-cancellation verge-of-lateshipment scheduled-delivery-start-date scheduled-delivery-end-date
    points-granted payment-type gift-wrap-type gift-message-text is-global-express is-premium-order is-ispu-order
    ssa-carrier ssa-ship-method is-shipping-settings-automation-enabled delivery-preferred-time drop-off-location
    pallet-delivery bill-name billing-address-1
    shipment-id shipment-item-id amazon-order-item-id merchant-order-item-id shipment-date carrier tracking-number
    estimated-arrival-date fulfillment-center-id description promotion-rule-value fnsku item-price-per-unit
    settlement-id settlement-start-date settlement-end-date deposit-date total-amount transaction-type adjustment-id
    marketplace-name shipment-fee-type shipment-fee-amount order-fee-type order-fee-amount fulfillment-id posted-date
    posted-date-time merchant-adjustment-item-id price-type price-amount item-related-fee-type item-related-fee-amount
    misc-fee-amount other-fee-amount other-fee-reason-description promotion-id promotion-type promotion-amount
    direct-payment-type direct-payment-amount other-amount amount-type amount-description amount
    date/time type marketplace account-type fulfillment order-city order-state order-postal product-sales
    product-sales-tax shipping-credits shipping-credits-tax gift-wrap-credits giftwrap-credits-tax gift-wrap-credits-tax
    regulatory-fee tax-on-regulatory-fee promotional-rebates promotional-rebates-tax marketplace-withheld-tax
    selling-fees fba-fees other-transaction-fees other total transaction-status transaction-release-date
    """.split()
)
"""English names, spelled as `names.english` spells them."""
