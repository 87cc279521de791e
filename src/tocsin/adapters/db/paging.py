"""Pages and their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema
from tocsin.core.errors import NotFound
from tocsin.core.ids import DeliveryId, IncidentId, PageId
from tocsin.core.page import Delivery, DeliveryState, Page


class SqlPages:
    """Pages and their deliveries."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, page: Page, channels: Sequence[str]) -> list[DeliveryId]:
        statement = (
            rows.insert(self._connection, schema.page)
            .values(**rows.columns(page))
            .on_conflict_do_nothing()
            .returning(schema.page.c.id)
        )
        page_id = self._connection.execute(statement).scalar()
        if page_id is None:
            return []
        return [self._add_delivery(PageId(page_id), page, channel) for channel in channels]

    def _add_delivery(self, page_id: PageId, page: Page, channel: str) -> DeliveryId:
        delivery = Delivery(
            id=DeliveryId(0),
            page_id=page_id,
            incident_id=page.incident_id,
            person=page.person,
            channel=channel,
            due_at=page.made_at,
        )
        statement = sa.insert(schema.delivery).values(**rows.columns(delivery))
        new = self._connection.execute(statement.returning(schema.delivery.c.id)).scalar_one()
        return DeliveryId(new)

    def get(self, page_id: PageId) -> Page:
        statement = sa.select(schema.page).where(schema.page.c.id == page_id)
        row = self._connection.execute(statement).first()
        if row is None:
            raise NotFound("page", "There is no such page.")
        return rows.value(Page, row)

    def of_incident(self, incident_id: IncidentId) -> list[Page]:
        where = schema.page.c.incident_id == incident_id
        statement = sa.select(schema.page).where(where).order_by(schema.page.c.id)
        return [rows.value(Page, row) for row in self._connection.execute(statement)]

    def deliveries(self, incident_id: IncidentId) -> list[Delivery]:
        where = schema.delivery.c.incident_id == incident_id
        statement = sa.select(schema.delivery).where(where).order_by(schema.delivery.c.id)
        return [rows.value(Delivery, row) for row in self._connection.execute(statement)]

    def delivery(self, delivery_id: DeliveryId) -> Delivery:
        statement = sa.select(schema.delivery).where(schema.delivery.c.id == delivery_id)
        row = self._connection.execute(statement).first()
        if row is None:
            raise NotFound("delivery", f"There is no delivery {delivery_id}.")
        return rows.value(Delivery, row)

    def claim(self, delivery_id: DeliveryId, *, now: datetime, until: datetime) -> Delivery | None:
        table = schema.delivery.c
        statement = (
            sa.update(schema.delivery)
            .where(
                table.id == delivery_id,
                table.state.in_([DeliveryState.DUE, DeliveryState.SENDING]),
                table.due_at <= now,
            )
            .values(state=DeliveryState.SENDING, due_at=until, attempts=table.attempts + 1)
            .returning(schema.delivery)
        )
        row = self._connection.execute(statement).first()
        return None if row is None else rows.value(Delivery, row)

    def put_delivery(self, delivery: Delivery) -> None:
        where = schema.delivery.c.id == delivery.id
        self._connection.execute(
            sa.update(schema.delivery).where(where).values(**rows.columns(delivery))
        )

    def take_over(self, *, now: datetime) -> int:
        if self._connection.dialect.name != "sqlite":  # there one process serves at a time
            return 0
        table = schema.delivery.c
        statement = (
            sa.update(schema.delivery)
            .where(table.state == DeliveryState.SENDING, table.due_at > now)
            .values(due_at=now)
            .returning(table.id)
        )
        return len(self._connection.execute(statement).all())
